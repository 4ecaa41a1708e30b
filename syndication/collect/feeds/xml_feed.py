"""Read RSS and Atom with feedparser. It gets bytes only: sanitising and resolving links happen here, once."""

import io
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import feedparser

from syndication.collect.feeds.entry import FeedArticles, ParsedEntry
from syndication.collect.text.clean import words_of
from syndication.collect.text.links import absolute
from syndication.collect.text.pictures import best_size, sized_image
from syndication.collect.text.site_head import read_head
from syndication.collect.text.words import author_name
from syndication.collect.text.xml import check_xml, repaired_xml
from syndication.domain.article import Image
from syndication.domain.text import plain
from syndication.errors import CollectError

_HTML = {"text/html", "application/xhtml+xml"}
# feedparser takes a picture's caption for a description of the entry; renamed, it becomes `media_caption`.
_CAPTION = re.compile(r"(</?media:)description\b(?:\s+type=[\"'][a-z]*[\"'])?")
_BYLINE = 1_000  # characters
_UTF8 = {"content-type": "application/xml; charset=utf-8"}


def _short_bylines() -> None:
    """Limit the bylines that feedparser searches for addresses. Its pattern takes quadratic time: a megabyte of letters
    would block its thread for hours, and a thread cannot be stopped. No argument of `parse` limits that.
    """
    parser = feedparser.mixin._FeedParserMixin  # noqa: SLF001
    whole = parser._sync_author_detail  # noqa: SLF001 - the only place where it reads a byline

    def shortened(self: Any, key: str = "author") -> None:
        context = self._get_context()
        if isinstance(context.get(key), str):
            context[key] = context[key][:_BYLINE]
        whole(self, key)

    parser._sync_author_detail = shortened  # noqa: SLF001


_short_bylines()


def read_xml_feed(data: bytes, content_type: str, url: str, articles: FeedArticles) -> None:
    """Pass every entry of the feed `data`, which came from `url`, to `articles`.

    A feed that is not well-formed still yields its entries, with a warning. Raises CollectError when it is not a feed,
    declares entities or nests too deep.
    """
    name = url.partition("?")[0]
    text = repaired_xml(articles.decoded(data, content_type))
    data = _CAPTION.sub(r"\1caption", text).encode()
    check_xml(data, name)
    # A BytesIO, because feedparser takes a string for an address to fetch or a file to open.
    found = feedparser.parse(
        io.BytesIO(data), response_headers=_UTF8, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.get("version") and not found.entries:
        raise _not_a_feed(name, data, url)
    if found.bozo:
        fault = _fault(found.get("bozo_exception"))
        articles.warnings.append(
            f"The feed is not well-formed ({fault}); its entries were read all the same."
        )
    site = absolute(_alternate(found.feed) or "", url) or url
    for entry in found.entries:
        articles.take(_entry(entry, found.feed, url, site, data))


def _not_a_feed(name: str, data: bytes, url: str) -> CollectError:
    """Return the error, with the page's feed as a hint if `data` is a page."""
    feeds = read_head(data, url, _UTF8).feeds
    hint = (
        f"It is a page; its feed is {feeds[0]}."
        if feeds
        else "Give the address of an RSS, Atom or JSON feed, not that of a page."
    )
    return CollectError(f"{name} is not a feed.", hint)


def _fault(fault: Any) -> str:
    line = fault.getLineNumber() if hasattr(fault, "getLineNumber") else None
    return f"line {line}: {fault.getMessage()}" if line else str(fault)


def _entry(entry: Any, feed: Any, url: str, site: str, data: bytes) -> ParsedEntry:
    link = absolute(_link(entry, data), site)
    contents = [part for part in entry.get("content", ()) if part.get("value")]
    best = next((part for part in contents if part.get("type") in _HTML), contents[0] if contents else {})
    caption = {"value": entry.get("media_caption", ""), "type": "text/plain"}
    summary = entry.get("summary_detail") or caption
    return ParsedEntry(
        title=_title(entry),
        url=link,
        guid=entry.get("id", ""),
        base=absolute(best.get("base") or summary.get("base") or "", url) or link or site,
        authors=_authors(entry, feed, data),
        # Not by feedparser's own get(), which substitutes one for the other, with a warning.
        published=dict.get(entry, "published", ""),
        updated=dict.get(entry, "updated", ""),
        summary=_html(summary),
        content=_html(best),
        image=_image(entry),
        credit=next((credit.get("content", "") for credit in entry.get("media_credit", ())), ""),
        tags=tuple(tag.get("term") or tag.get("label") or "" for tag in entry.get("tags", ())),
        language=best.get("language")
        or (entry.get("title_detail") or {}).get("language")
        or feed.get("language")
        or "",
    )


def _title(entry: Any) -> str:
    detail = entry.get("title_detail") or {}
    value = str(detail.get("value") or entry.get("title") or "")
    return words_of(value) if detail.get("type") in _HTML else value


def _html(detail: Mapping[str, Any]) -> str:
    value = str(detail.get("value") or "")
    return f"<p>{escape(value, quote=False)}</p>" if value and detail.get("type") == "text/plain" else value


def _alternate(holder: Any) -> str | None:
    links = [
        link
        for link in holder.get("links", ())
        if link.get("rel", "alternate") == "alternate" and link.get("href")
    ]
    best = next(
        (link for link in links if link.get("type", "text/html") in _HTML), links[0] if links else None
    )
    return str(best["href"]) if best else None


def _link(entry: Any, data: bytes) -> str:
    """Return the entry's page. A guid counts only if written as a whole address: feedparser joins others to the base."""
    link = entry.get("feedburner_origlink") or _alternate(entry)
    if link:
        return str(link)
    guid = str(entry.get("link") or "")
    written = {guid.encode(), escape(guid).encode()}
    is_address = guid.lower().startswith(("http://", "https://"))
    return guid if entry.get("guidislink") and is_address and any(form in data for form in written) else ""


def _authors(entry: Any, feed: Any, data: bytes) -> tuple[str, ...]:
    """Return the entry's authors, else those of its original feed (Atom `source`), else the feed's."""
    for holder in (entry, entry.get("source") or {}, feed):
        people = holder.get("authors") or [holder.get("author_detail") or {"name": holder.get("author")}]
        names = [name for person in people if (name := _name(person, data))]
        if names:
            return tuple(names)
    return ()


def _name(person: Mapping[str, Any], data: bytes) -> str:
    name, address = str(person.get("name") or ""), str(person.get("email") or "")
    # feedparser cuts the last label of an address after four letters, and puts the rest before the name.
    whole = address + name.partition(" ")[0]
    return author_name(address + name if address and whole.encode() in data else name)


def _image(entry: Any) -> Image | None:
    """Return `media:content`, an image enclosure, `media:thumbnail`, or a podcast's `itunes:image`, in this order."""
    media = [each for each in entry.get("media_content", ()) if each.get("url") and _is_image(each)]
    caption = str(entry.get("media_caption", "")) if len(media) == 1 else ""  # of several: unclear whose
    found = (
        [sized_image(each, each["url"], each.get("filesize"), plain(caption)) for each in media]
        or [
            sized_image(each, each["href"], each.get("length"))
            for each in entry.get("enclosures", ())
            if each.get("href") and str(each.get("type", "")).startswith("image/")
        ]
        or [
            sized_image(each, each["url"], None)
            for each in entry.get("media_thumbnail", ())
            if each.get("url")
        ]
        or [Image(str(href)) for href in [(entry.get("image") or {}).get("href")] if href]
    )
    return best_size(found) if found else None


def _is_image(media: Mapping[str, Any]) -> bool:
    return media.get("medium") == "image" or str(media.get("type", "")).startswith("image/")
