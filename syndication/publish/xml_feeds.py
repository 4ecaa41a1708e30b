"""RSS 2.0 and Atom (RFC 4287) by feedgen, one generator for each, because their rules differ where feedgen shares a setting."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from feedgen.feed import FeedGenerator

from syndication.domain.published import TTL
from syndication.publish.channel import Channel, Entry
from syndication.publish.repairs import LEFT_OUT, AtomChannel, AtomEntry, RssChannel, RssEntry

__all__ = ["NOTHING_YET", "atom", "rss"]

GENERATOR = "syndication"  # no version: an upgrade is no reason to touch every file
NOTHING_YET = datetime(
    2005, 12, 1, tzinfo=UTC
)  # Atom wants a time of a feed without entries: the month of its RFC


def rss(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """The channel as RSS 2.0. Everything in it must be printable already."""
    generator = _generator(channel, RssChannel, RssEntry)
    generator.repair.channel = channel
    generator.repair.updated = max((entry.updated for entry in entries), default=None)
    generator.updated(LEFT_OUT)
    generator.ttl(TTL)
    if channel.icon:
        generator.image(url=channel.icon, title=channel.title, link=channel.home)
    for entry in entries:
        item = _item(generator, channel, entry)
        if entry.url:
            item.link(href=entry.url)
        # The summary is plain text, the element is HTML.
        summary = _as_html(entry.summary)
        if summary:
            item.description(summary)
        if entry.content:
            item.content(entry.content, type="html")
    data: bytes = generator.rss_str()
    return data + b"\n"


def atom(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """The channel as Atom. Everything in it must be printable already."""
    generator = _generator(channel, AtomChannel, AtomEntry)
    generator.repair.channel = channel
    generator.id(channel.id)
    generator.author({"name": channel.author or channel.title})
    generator.updated(max((entry.updated for entry in entries), default=NOTHING_YET))
    if channel.icon:
        generator.icon(channel.icon)
    for entry in entries:
        item = _item(generator, channel, entry)
        item.updated(entry.updated)
        for author in entry.authors:
            item.author({"name": author})
        if entry.summary:
            item.summary(entry.summary)
        # RFC 4287 §4.1.2 wants content or an alternate link, and feedgen only sees the links that it writes itself.
        item.content(*_content(entry))
    data: bytes = generator.atom_str()
    return data + b"\n"


def _content(entry: Entry) -> tuple[str, None, str]:
    """Text, no address, type."""
    return (entry.content, None, "html") if entry.content else (entry.summary or entry.title, None, "text")


def _as_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _generator(channel: Channel, feed: type, entry: type) -> Any:
    generator = FeedGenerator()
    generator.register_extension("repair", feed, entry, atom=feed is AtomChannel, rss=feed is RssChannel)
    generator.title(channel.title)
    generator.description(channel.description or channel.title)
    generator.link(href=channel.home, rel="alternate", type="text/html")
    generator.language(channel.language)
    generator.generator(GENERATOR)
    return generator


def _item(generator: Any, channel: Channel, entry: Entry) -> Any:
    item = generator.add_entry(order="append")
    item.repair.entry, item.repair.channel = entry, channel
    item.id(entry.id)
    item.title(entry.title)
    for term in entry.categories:
        item.category({"term": term})
    return item
