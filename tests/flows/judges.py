"""Judges of feeds that know nothing of the code that wrote them: each raises AssertionError with what is wrong."""

import json
import re
import shutil
import subprocess
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import nh3
import pytest
from lxml import etree

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))
RSS_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
FEED_KEYS = {
    "version",
    "title",
    "home_page_url",
    "feed_url",
    "description",
    "next_url",
    "icon",
    "authors",
    "language",
    "hubs",
    "items",
}
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
ITEM_KEYS = {
    "id",
    "url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "image",
    "date_published",
    "date_modified",
    "authors",
    "tags",
    "language",
}


def judged(folder: Path, *, now: datetime) -> int:
    """Judge the three files of a feed, and that they say the same; returns how many entries there are."""
    rss, atom, feed = _rss(folder, now), _atom(folder, now), _json(folder, now)
    assert rss == atom == feed
    assert len(set(rss)) == len(rss)
    return len(rss)


def _atom(folder: Path, now: datetime) -> list[str]:
    tree = etree.parse(folder / "atom.xml")
    assert GRAMMAR.validate(tree), f"{folder}: {GRAMMAR.error_log.last_error}"
    for time in tree.iter("{*}updated", "{*}published"):
        assert datetime.fromisoformat(time.text) <= now
    found = feedparser.parse(
        (folder / "atom.xml").read_bytes(), sanitize_html=False, resolve_relative_uris=False
    )
    assert not found.bozo, found.get("bozo_exception")
    for link in tree.iter("{*}link"):
        assert urlsplit(link.get("href")).scheme in {"http", "https"}
    return [entry.id for entry in found.entries]


def _rss(folder: Path, now: datetime) -> list[str]:
    data = (folder / "rss.xml").read_bytes()
    found = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo, found.get("bozo_exception")
    channel = etree.fromstring(data).find("channel")
    assert channel is not None
    for required in ("title", "link", "description"):
        assert (channel.findtext(required) or "").strip()
    for date in channel.iter("pubDate", "lastBuildDate"):
        assert RSS_DATE.fullmatch(date.text), date.text
        assert parsedate_to_datetime(date.text) <= now
    for item in channel.findall("item"):
        assert (item.findtext("title") or item.findtext("description") or "").strip()
        assert len(item.findall("enclosure")) <= 1
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
    return [entry.id for entry in found.entries]


def _json(folder: Path, now: datetime) -> list[str]:
    """JSON Feed 1.1."""
    feed: dict[str, Any] = json.loads((folder / "feed.json").read_bytes())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed.keys() <= FEED_KEYS
    assert feed.get("next_url") != feed["feed_url"]
    for item in feed["items"]:
        assert item.keys() <= ITEM_KEYS
        assert isinstance(item["id"], str)
        assert ("content_html" in item) != ("content_text" in item)
        for name in ("url", "image"):
            assert urlsplit(item.get(name, "https://")).scheme in {"http", "https"}
        for name in ("date_published", "date_modified"):
            if name in item:
                time = datetime.fromisoformat(item[name])
                assert time.utcoffset() is not None
                assert time <= now
        if "content_html" in item:
            assert nh3.clean(item["content_html"]) == item["content_html"]
        assert all(author["name"] and "@" not in author["name"] for author in item.get("authors", ()))
    return [item["id"] for item in feed["items"]]


def judged_by_sfeed(folder: Path) -> int:
    """Let sfeed, a subscriber in C with an XML parser of its own, read RSS and Atom, and judge that it finds in them what JSON says; returns
    how many entries it has read. Skips where it is not installed.
    """
    program = shutil.which("sfeed") or pytest.skip("sfeed is not installed")
    items = json.loads((folder / "feed.json").read_bytes())["items"]
    for name in ("rss.xml", "atom.xml"):
        data = (folder / name).read_bytes()
        lines = subprocess.run([program], input=data, stdout=subprocess.PIPE, check=True).stdout.decode()
        rows = [line.split("\t") for line in lines.split("\n")[:-1]]
        found = [(row[5], _words(row[1]), row[2], row[0]) for row in rows]
        assert found == [_as_sfeed_has_it(item, atom=name == "atom.xml") for item in items], folder / name
    return 2 * len(items)


def _as_sfeed_has_it(item: dict[str, Any], *, atom: bool) -> tuple[str, str, str, str]:
    time = item.get("date_published") or (item["date_modified"] if atom else "")
    seconds = str(int(datetime.fromisoformat(time).timestamp())) if time else ""
    return item["id"], _words(item["title"]), item.get("url", ""), seconds


def _words(text: str) -> str:
    """Without what a terminal does not show."""
    return " ".join(re.sub("[\x7f-\x9f]", "", text).split())


def judged_outline(file: Path) -> int:
    """Judge OPML 2.0 as a list of subscriptions; returns how many feeds it names."""
    root = etree.parse(file).getroot()
    assert (root.tag, dict(root.attrib)) == ("opml", {"version": "2.0"})
    assert [child.tag for child in root] == ["head", "body"]
    assert {child.tag for child in root[0]} <= {"title", "dateCreated", "dateModified", "ownerName", "docs"}
    lines = list(root[1].iter("outline"))
    assert lines
    assert all((line.get("text") or "").strip() for line in lines)
    feeds = [line for line in lines if line.get("type")]
    groups = [line for line in lines if not line.get("type")]
    assert all(len(group) and not group.get("xmlUrl") for group in groups)
    for feed in feeds:
        assert feed.keys() == ["type", "text", "title", "xmlUrl", "htmlUrl", "language", "version"]
        assert (feed.get("type"), feed.get("version"), len(feed)) == ("rss", "RSS2", 0)
        for name in ("xmlUrl", "htmlUrl"):
            assert _is_address(feed.get(name))
    addresses = [feed.get("xmlUrl") for feed in feeds]
    assert len(set(addresses)) == len(addresses)
    return len(addresses)


def judged_sitemaps(folder: Path, *, now: datetime) -> int:
    """Judge every sitemap of a published folder by sitemaps.org and Google's rules for news; returns how many pages they name."""
    names = _sitemap(folder / "sitemap.xml", "sitemapindex", "sitemap", now)
    files = [folder / "sitemaps" / name.rpartition("/")[2] for name in names]
    assert sorted(files) == sorted((folder / "sitemaps").glob("*.xml"))
    pages = [page for file in files for page in _sitemap(file, "urlset", "url", now)]
    fresh = folder / "news-sitemap.xml"
    news = _sitemap(fresh, "urlset", "url", now) if fresh.exists() else []
    assert len(news) <= 1_000
    assert set(news) <= set(pages)
    return len(pages)


def _sitemap(file: Path, root_name: str, name: str, now: datetime) -> list[str]:
    assert file.stat().st_size <= 50 * 1024 * 1024
    root = etree.parse(file).getroot()
    assert root.tag == SITEMAP + root_name
    assert 1 <= len(root) <= 50_000
    found = []
    for line in root:
        assert line.tag == SITEMAP + name
        loc, *others = line
        assert (loc.tag, {other.tag for other in others} - {SITEMAP + "lastmod", NEWS + "news"}) == (
            SITEMAP + "loc",
            set(),
        )
        assert _is_address(loc.text)
        assert len(loc.text) < 2_048
        for changed in line.iter(SITEMAP + "lastmod"):
            assert _is_past(changed.text, now)
        for news in line.iter(NEWS + "news"):
            _piece_of_news(news, now)
        found.append(loc.text)
    return found


def _piece_of_news(news: Any, now: datetime) -> None:
    texts = {part.tag.removeprefix(NEWS): (part.text or "").strip() for part in news.iter()}
    assert list(texts) == ["news", "publication", "name", "language", "publication_date", "title"]
    assert texts["name"]
    assert texts["title"]
    assert re.fullmatch("zh-cn|zh-tw|[a-z]{2,3}", texts["language"]), texts["language"]
    assert _is_past(texts["publication_date"], now)
    assert now - datetime.fromisoformat(texts["publication_date"]) < timedelta(hours=48)


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and text.isascii() and " " not in text


def _is_past(text: str, now: datetime) -> bool:
    """A W3C date and time with its zone."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", text), text
    time = datetime.fromisoformat(text)
    return time.utcoffset() is not None and time <= now
