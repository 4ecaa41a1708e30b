"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

import json
import re
from html import escape
from typing import Any

from syndication.collect.feeds.entry import FeedArticles, ParsedEntry
from syndication.collect.text.links import absolute
from syndication.domain.article import Image
from syndication.domain.text import counted
from syndication.errors import CollectError

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1", re.IGNORECASE)
_HINT = "Give the address of an RSS, Atom or JSON feed."


def is_json(data: bytes, content_type: str) -> bool:
    """Return whether the answer is JSON, by its content rather than its media type."""
    start = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    return start.startswith(b"{") or ("json" in content_type.lower() and not start.startswith(b"<"))


def read_json_feed(data: bytes, content_type: str, url: str, articles: FeedArticles) -> None:
    """Pass every item of the feed `data` from `url` to `articles`. Raises CollectError if it is not a JSON Feed."""
    name = url.partition("?")[0]
    try:
        feed = json.loads(articles.decoded(data, content_type), strict=False)
    except json.JSONDecodeError as error:
        raise CollectError(f"{name} is broken JSON (line {error.lineno}: {error.msg}).", _HINT) from None
    except (RecursionError, ValueError):
        raise CollectError(f"{name} is JSON that cannot be read.", _HINT) from None
    if not isinstance(feed, dict) or not _VERSION.match(str(feed.get("version", ""))):
        raise CollectError(f"{name} is JSON, but not a JSON Feed.", _HINT)
    items = feed.get("items")
    site = absolute(_text(feed, "home_page_url"), url) or url
    if not isinstance(items, list):
        articles.warnings.append("The feed has no list of items.")
        return
    for item in items:
        if isinstance(item, dict):
            articles.take(_entry(item, feed, site))
    if odd := sum(not isinstance(item, dict) for item in items):
        articles.warnings.append(f"{counted(odd, 'item')} without fields; left out.")


def _entry(item: dict[str, Any], feed: dict[str, Any], site: str) -> ParsedEntry:
    link = absolute(_text(item, "url") or _text(item, "external_url"), site)
    text = _text(item, "content_text")
    paragraphs = "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines() if line.strip())
    return ParsedEntry(
        title=_text(item, "title"),
        url=link,
        guid=_text(item, "id"),
        base=link or site,
        authors=_authors(item) or _authors(feed),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        summary=escape(_text(item, "summary"), quote=False),
        content=_text(item, "content_html") or paragraphs,
        image=_image(item),
        tags=tuple(str(tag) for tag in _list(item, "tags") if isinstance(tag, str | int)),
        language=_text(item, "language") or _text(feed, "language"),
    )


def _text(holder: dict[str, Any], name: str) -> str:
    """Return a string, also for a number: ids are often numbers."""
    value = holder.get(name)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _list(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of `authors` (1.1), else of `author` (1.0)."""
    people = _list(holder, "authors") or [holder.get("author")]
    return tuple(name for person in people if isinstance(person, dict) and (name := _text(person, "name")))


def _image(item: dict[str, Any]) -> Image | None:
    for attachment in _list(item, "attachments"):
        if (
            isinstance(attachment, dict)
            and _text(attachment, "mime_type").startswith("image/")
            and not item.get("image")
        ):
            size = attachment.get("size_in_bytes")
            length = size if isinstance(size, int) and size > 0 else 0
            return Image(_text(attachment, "url"), type=_text(attachment, "mime_type"), length=length)
    src = _text(item, "image") or _text(item, "banner_image")
    return Image(src) if src else None
