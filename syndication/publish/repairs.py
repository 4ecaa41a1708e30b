"""Repairs what feedgen 1.0 leaves out or gets wrong, through its `register_extension`.

feedgen calls `extend_rss` and `extend_atom` with the element it has just built. It finds the classes by their methods, so they need not
inherit from its own. Its Atom tree has no namespaces (the root only has `xmlns` as an attribute), hence the plain names there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from syndication.domain.article import Image
from syndication.publish.channel import Channel, FeedEntry
from syndication.publish.characters import uri

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class _LeftOut(datetime):
    """A time that is false, so that feedgen writes no element for it. Otherwise it would write the time of the build, and switch the locale of
    the whole process to format a time, which other threads would see.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


LEFT_OUT = _LeftOut(1970, 1, 1, tzinfo=UTC)


class RssChannel:
    """Adds `lastBuildDate`, the stylesheet, and the links feedgen drops: self (RSS Advisory Board) and hub (WebSub §4)."""

    channel: Channel
    updated: datetime | None

    def extend_ns(self) -> dict[str, str]:
        """Return the prefixes that this class declares on the root."""
        return {"dc": DC, "media": MEDIA} | ({"fh": HISTORY} if self.channel.older else {})

    def extend_rss(self, rss: Any) -> None:
        """Repair the `rss` element before its items are added."""
        _add_stylesheet(rss, self.channel)
        element = rss[0]
        if self.updated:
            _add(element, "lastBuildDate", format_datetime(self.updated))
        _add_links(element, f"{{{ATOM}}}link", self.channel, "rss.xml", "application/rss+xml")


class AtomChannel:
    """Adds the stylesheet and the links that feedgen's list of relations does not know."""

    channel: Channel

    def extend_ns(self) -> dict[str, str]:
        """Return the prefixes that this class declares on the root."""
        own = {"fh": HISTORY} if self.channel.older else {}
        return {"media": MEDIA} | own | ({"at": TOMBSTONES} if self.channel.tombstones else {})

    def extend_atom(self, feed: Any) -> None:
        """Repair the `feed` element before its entries are added."""
        _add_stylesheet(feed, self.channel)
        _add_links(feed, "link", self.channel, "atom.xml", "application/atom+xml")
        for tombstone in self.channel.tombstones:
            when = tombstone.at.isoformat()
            _add(feed, f"{{{TOMBSTONES}}}deleted-entry", ref=tombstone.id, when=when)


class RssEntry:
    """Adds the names of authors (feedgen has only e-mail addresses), an English date, the language and the image; and the categories,
    which take feedgen longer than all the rest.
    """

    entry: FeedEntry
    language: str  # the channel's

    def extend_rss(self, item: Any) -> None:
        """Repair one `item`."""
        for author in self.entry.authors:
            _add(item, f"{{{DC}}}creator", author)
        for term in self.entry.categories:
            _add(item, "category", term)
        if self.entry.published:
            _add(item, "pubDate", format_datetime(self.entry.published))
        if self.entry.language and self.entry.language != self.language:
            _add(item, f"{{{DC}}}language", self.entry.language)
        if origin := self.entry.origin:
            _add(item, "source", origin.title, url=origin.url)
        _add_image(item, self.entry)


class AtomEntry:
    """Adds the link with its relation and type (feedgen loses both), `published`, the language, the image and the categories."""

    entry: FeedEntry
    language: str  # the channel's

    def extend_atom(self, element: Any) -> None:
        """Repair one `entry`."""
        if self.entry.url:
            _add(element, "link", rel="alternate", type="text/html", href=self.entry.url)
        if self.entry.published:
            _add(element, "published", self.entry.published.isoformat())
        for term in self.entry.categories:
            _add(element, "category", term=term)
        if self.entry.language and self.entry.language != self.language:
            element.set(XML_LANG, self.entry.language)
        if origin := self.entry.origin:
            source = _add(element, "source")
            _add(source, "id", origin.url)
            _add(source, "title", origin.title)
            _add(source, "updated", self.entry.updated.isoformat())
            _add(source, "link", rel="self", href=origin.url)
        _add_image(element, self.entry)


def _add(parent: Any, name: str, text: str | None = None, /, **attributes: str) -> Any:
    element = etree.SubElement(parent, name, attributes)
    element.text = text
    return element


def _add_stylesheet(root: Any, channel: Channel) -> None:
    """Add CSS for browsers (xml-stylesheet, W3C 2010). No XSLT: browsers are removing it."""
    if channel.stylesheet:
        href = quoteattr(uri(channel.stylesheet))
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", f'type="text/css" href={href}'))


def _add_links(parent: Any, name: str, channel: Channel, file: str, type_: str) -> None:
    _add(parent, name, rel="self", type=type_, href=channel.url_base + file)
    for hub in channel.hubs:
        _add(parent, name, rel="hub", href=hub)
    if older := channel.older:
        if older.sealed:
            _add(parent, f"{{{HISTORY}}}archive")
            _add(parent, name, rel="current", type=type_, href=older.current + file)
        if older.previous:
            _add(parent, name, rel="prev-archive", type=type_, href=older.previous + file)


def _add_image(parent: Any, entry: FeedEntry) -> None:
    """Add Media RSS, directly under the item, where feed readers look for it; sizes only if they are known."""
    image = entry.image
    if image is None:
        return
    size = _known(width=image.width, height=image.height)
    content = _add(
        parent, f"{{{MEDIA}}}content", **_described(image), **_known(fileSize=image.length), **size
    )
    if image.alt:
        _add(content, f"{{{MEDIA}}}description", image.alt, type="plain")
    if entry.credit:
        _add(content, f"{{{MEDIA}}}credit", entry.credit)
    _add(parent, f"{{{MEDIA}}}thumbnail", url=image.src, **size)


def _described(image: Image) -> Mapping[str, str]:
    return {"url": image.src, "medium": "image"} | ({"type": image.type} if image.type else {})


def _known(**numbers: int) -> Mapping[str, str]:
    return {name: str(number) for name, number in numbers.items() if number > 0}
