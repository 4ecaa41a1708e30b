"""Read a feed of any format."""

from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.feeds.json_feed import is_json, read_json_feed
from syndication.collect.feeds.xml_feed import read_xml_feed


def read_feed(data: bytes, content_type: str, url: str, articles: FeedArticles) -> None:
    """Pass every entry of the RSS, Atom or JSON feed `data` from `url` to `articles`. Raises CollectError if it is not a feed."""
    read = read_json_feed if is_json(data, content_type) else read_xml_feed
    read(data, content_type, url, articles)
    articles.close()
