"""The three files of a channel, RSS, Atom and JSON Feed: the same entries, cleaned, and limited in number and size."""

from collections.abc import Mapping, Sequence

from syndication.publish.channel import Channel, FeedEntry
from syndication.publish.items import Item, made_printable, written
from syndication.publish.json_feed import json_feed

MAX_ENTRIES = 100
MAX_BYTES = 512 * 1024  # of each document: the most that big aggregators read as a whole


def documents(channel: Channel, entries: Sequence[FeedEntry]) -> dict[str, bytes]:
    """Return `rss.xml`, `atom.xml` and `feed.json` with the same entries in the given order, as many as fit.

    A repeated id is left out. The bytes depend only on the arguments, not on the time, locale, time zone or hash seed.
    """
    return collected(channel, written(channel.language, entries))


def collected(channel: Channel, items: Sequence[Item]) -> dict[str, bytes]:
    """Return the same as `documents`, from entries that were written before."""
    shown = items[:MAX_ENTRIES]
    frames = _frames(channel, shown)
    count = _fitting(frames, shown)
    if count < len(shown):
        shown = shown[:count]
        frames = _frames(channel, shown)
    pieces = {
        "rss.xml": [item.rss for item in shown],
        "atom.xml": [item.atom for item in shown],
        "feed.json": [item.json for item in shown],
    }
    return {
        name: before + (b"," if name == "feed.json" else b"").join(pieces[name]) + after
        for name, (before, after) in frames.items()
    }


def fitting(channel: Channel, items: Sequence[Item]) -> int:
    """Return how many items, from the first on, fit in a feed: 100 at most, and at most 512 KiB in each document."""
    return _fitting(_frames(channel, items), items[:MAX_ENTRIES])


def _fitting(frames: Mapping[str, tuple[bytes, bytes]], items: Sequence[Item]) -> int:
    sizes = [len(before) + len(after) for before, after in frames.values()]
    for count, item in enumerate(items):
        sizes = [
            size + len(piece)
            for size, piece in zip(sizes, (item.rss, item.atom, item.json + b","), strict=True)
        ]
        if max(sizes) > MAX_BYTES:
            return count
    return len(items)


def _frames(channel: Channel, items: Sequence[Item]) -> Mapping[str, tuple[bytes, bytes]]:
    """Return what goes before and after the items of each document."""
    from syndication.publish.xml_feeds import atom, rss

    channel = made_printable(channel)
    updated = max((item.updated for item in items), default=None)
    return {
        "rss.xml": rss(channel, updated),
        "atom.xml": atom(channel, updated),
        "feed.json": json_feed(channel),
    }
