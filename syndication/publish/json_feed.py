"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Sequence
from typing import Any

from syndication.publish.channel import Channel, FeedEntry


def json_feed(channel: Channel) -> tuple[bytes, bytes]:
    """Return what goes before and after the items of the channel as JSON Feed, keys in a fixed order; items are separated by commas. All
    texts must be free of lone surrogates already, also in `json_items`.
    """
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home,
        "feed_url": channel.url_base + "feed.json",
        "description": channel.description,
        "next_url": channel.older.previous + "feed.json" if channel.older and channel.older.previous else "",
        "icon": channel.icon,
        "authors": [{"name": channel.author or channel.title}],
        "language": channel.language,
        "hubs": [{"type": "WebSub", "url": hub} for hub in channel.hubs],
        "items": [],
    }
    known = _written({key: value for key, value in feed.items() if value or key == "items"})
    return known.removesuffix(b"]}"), b"]}\n"


def json_items(language: str, entries: Sequence[FeedEntry]) -> list[bytes]:
    """Write each entry as an item of any channel in this language."""
    return [_written(_item(language, entry)) for entry in entries]


def _written(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _item(language: str, entry: FeedEntry) -> dict[str, Any]:
    content = (
        {"content_html": entry.content} if entry.content else {"content_text": entry.summary or entry.title}
    )
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        **content,
        "summary": entry.summary,
        "image": entry.image.src if entry.image else "",
        "date_published": entry.published.isoformat() if entry.published else "",
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.categories),
        "language": entry.language if entry.language != language else "",
    }
    return {key: value for key, value in item.items() if value}
