"""Articles, places and a channel for the tests of publishing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syndication.domain.article import Article, Image
from syndication.domain.publication import Publication
from syndication.publish.channel import Channel, FeedEntry

PUBLICATION = Publication(
    title="The Harbour Post",
    url="https://harbour.example/",
    language="en",
    timezone=ZoneInfo("Asia/Seoul"),
    address="1 Quay Street",
    feeds_url="https://news.harbour.example/feeds/",
    web_url="https://news.harbour.example/",
    domain="harbour.example",
)
NOON = datetime(2026, 11, 18, 3, tzinfo=UTC)  # noon in Seoul


def channel(**changes: Any) -> Channel:
    return Channel(
        **{
            "id": "tag:harbour.example,2026:feed:articles",
            "title": PUBLICATION.title,
            "description": "What the harbour talks about",
            "home": PUBLICATION.url,
            "url_base": PUBLICATION.feeds_url,
            "language": "en",
            "hubs": ("https://hub.example/",),
            "stylesheet": PUBLICATION.feeds_url + "feed.css",
            **changes,
        }
    )


def entry(number: int = 1, **changes: Any) -> FeedEntry:
    time = NOON - timedelta(hours=number)
    return FeedEntry(
        **{
            "id": f"tag:harbour.example,2026-11-18:{number}",
            "url": f"https://harbour.example/{number}",
            "title": f"The ferry is late for the {number}. time",
            "published": time,
            "updated": time,
            "summary": "It waits for the fog.",
            "content": "<p>It waits for the fog, and so do we.</p>",
            **changes,
        }
    )


def article(number: int = 1, **changes: Any) -> Article:
    time = NOON - timedelta(hours=number)
    return Article(
        **{
            "id": f"tag:harbour.example,2026-11-18:{number}",
            "source": "desk",
            "url": f"https://harbour.example/{number}",
            "title": f"The ferry is late for the {number}. time",
            "authors": ("Nari Ok",),
            "published": time,
            "first_seen": time + timedelta(hours=1),
            "changed": time + timedelta(hours=1),
            "section": "Quay",
            "summary": "It waits for the fog.",
            "content": "<p>It waits for the fog, and so do we.</p>",
            "image": Image("media/0a1b.jpg", "A ferry", 640, 360, "image/jpeg", 1234),
            "credit": "Nari Ok",
            "tags": ("ferry", "fog"),
            **changes,
        }
    )
