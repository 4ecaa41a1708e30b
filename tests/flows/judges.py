"""Judges of feeds that know nothing of the code that wrote them: each raises AssertionError with what is wrong."""

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import nh3
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
