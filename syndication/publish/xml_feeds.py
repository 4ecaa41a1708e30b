"""RSS 2.0 and Atom (RFC 4287) by feedgen, one generator for each, because feedgen shares settings that differ between them.

Entries are written separately from their channels, so that an entry of many feeds is made once: feedgen writes them as one document,
which is cut between them. The cut is safe, because text in XML has no `<`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from feedgen.feed import FeedGenerator

from syndication.domain.published import TTL
from syndication.publish.channel import Channel, FeedEntry
from syndication.publish.repairs import LEFT_OUT, AtomChannel, AtomEntry, RssChannel, RssEntry

GENERATOR = "syndication"  # without a version: an upgrade should not change every file
NOTHING_YET = datetime(
    2005, 12, 1, tzinfo=UTC
)  # for a feed without entries, as Atom needs a time: that of its RFC


def rss(channel: Channel, updated: datetime | None) -> tuple[bytes, bytes]:
    """Return what goes before and after the items of the channel as RSS 2.0. All texts must be printable already, here and below."""
    generator = _generator(channel, RssChannel, RssEntry)
    generator.repair.updated = updated
    generator.updated(LEFT_OUT)
    generator.ttl(TTL)
    if channel.icon:
        generator.image(url=channel.icon, title=channel.title, link=channel.home)
    return _parted(generator.rss_str(), b"</channel>")


def rss_items(language: str, entries: Sequence[FeedEntry]) -> list[bytes]:
    """Write each entry as an RSS item of any channel in this language."""
    generator = _generator(_any_channel(language), RssChannel, RssEntry)
    generator.repair.updated = None
    generator.updated(LEFT_OUT)
    for entry in entries:
        item = _item(generator, language, entry)
        if entry.url:
            item.link(href=entry.url)
        # The summary is plain text, the element is HTML.
        summary = _as_html(entry.summary)
        if summary:
            item.description(summary)
        if entry.content:
            item.content(entry.content, type="html")
    return _cut(generator.rss_str(), b"item")


def atom(channel: Channel, updated: datetime | None) -> tuple[bytes, bytes]:
    """Return what goes before and after the entries of the channel as Atom."""
    generator = _generator(channel, AtomChannel, AtomEntry)
    generator.id(channel.id)
    generator.author({"name": channel.author or channel.title})
    generator.updated(updated or NOTHING_YET)
    if channel.icon:
        generator.icon(channel.icon)
    return _parted(generator.atom_str(), b"</feed>")


def atom_entries(language: str, entries: Sequence[FeedEntry]) -> list[bytes]:
    """Write each entry as an Atom entry of any channel in this language."""
    generator = _generator(_any_channel(language), AtomChannel, AtomEntry)
    generator.id("tag:")
    generator.updated(NOTHING_YET)
    for entry in entries:
        item = _item(generator, language, entry)
        item.updated(entry.updated)
        for author in entry.authors:
            item.author({"name": author})
        if entry.summary:
            item.summary(entry.summary)
        # RFC 4287 §4.1.2 needs content or an alternate link, and feedgen only knows the links that it writes itself.
        item.content(*_content(entry))
    return _cut(generator.atom_str(), b"entry")


def _content(entry: FeedEntry) -> tuple[str, None, str]:
    """Return text, no address, type: the arguments of feedgen's `content`."""
    return (entry.content, None, "html") if entry.content else (entry.summary or entry.title, None, "text")


def _as_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _generator(channel: Channel, feed: type, entry: type) -> Any:
    generator = FeedGenerator()
    generator.register_extension("repair", feed, entry, atom=feed is AtomChannel, rss=feed is RssChannel)
    generator.repair.channel = channel
    generator.title(channel.title)
    generator.description(channel.description or channel.title)
    generator.link(href=channel.home, rel="alternate", type="text/html")
    generator.language(channel.language)
    generator.generator(GENERATOR)
    return generator


def _any_channel(language: str) -> Channel:
    """Return a channel that is cut away again: feedgen writes no entries without one."""
    return Channel(id="tag:", title="-", description="-", home="-", url_base="-", language=language)


def _item(generator: Any, language: str, entry: FeedEntry) -> Any:
    item = generator.add_entry(order="append")
    item.repair.entry, item.repair.language = entry, language
    item.id(entry.id)
    item.title(entry.title)
    return item


def _parted(document: bytes, end: bytes) -> tuple[bytes, bytes]:
    before, _, after = document.rpartition(end)
    return before, end + after + b"\n"


def _cut(document: bytes, name: bytes) -> list[bytes]:
    """Cut a document into its elements called `name`, which come after everything else."""
    start, end = b"<" + name, b"</" + name + b">"
    head, *others = document.split(end)[:-1] or [b""]
    first = head[head.find(start + b">") :] if start + b">" in head else head[head.find(start + b" ") :]
    return [piece + end for piece in (first, *others)] if head else []
