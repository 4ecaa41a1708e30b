"""The three files of a channel: one model, cleaned and bounded, written as RSS, Atom and JSON Feed in agreement."""

from collections.abc import Sequence
from dataclasses import fields, replace
from html import escape
from typing import Any, TypeVar

from syndication.domain.article import Image
from syndication.domain.text import cut
from syndication.publish.channel import SUMMARY_LENGTH, Channel, Entry, Origin
from syndication.publish.characters import names, printable
from syndication.publish.json_feed import json_feed
from syndication.publish.xml_feeds import atom, rss

__all__ = ["MAX_BYTES", "MAX_ENTRIES", "complete_documents", "documents"]

MAX_ENTRIES = 100
MAX_BYTES = 512 * 1024  # of each document: what big aggregators still read whole
_LONGEST_CONTENT = (
    128 * 1024
)  # bytes as escaped in XML; a longer one would push the others out, and is given as its summary

_Value = TypeVar("_Value", Channel, Entry, Image, Origin)


def documents(channel: Channel, entries: Sequence[Entry]) -> dict[str, bytes]:
    """`rss.xml`, `atom.xml` and `feed.json` with the same entries in the given order.

    At most 100 entries, and as many from the first on as keep each document within 512 KiB; an id that comes again is left out.
    The bytes depend on the arguments alone: not on the time, locale, time zone or hash seed.
    """
    channel = _printable(channel)
    cleaned = _unique(entries)[:MAX_ENTRIES]
    made = _documents(channel, cleaned)
    if _fits(made):
        return made
    fitting, too_many = 0, len(cleaned)
    made = _documents(channel, [])
    while too_many - fitting > 1:
        count = (fitting + too_many) // 2
        attempt = _documents(channel, cleaned[:count])
        if _fits(attempt):
            fitting, made = count, attempt
        else:
            too_many = count
    return made


def complete_documents(channel: Channel, entries: Sequence[Entry]) -> dict[str, bytes]:
    """The same with all entries, however many and long they are: of a feed of many documents none may be missing."""
    return _documents(_printable(channel), _unique(entries))


def _unique(entries: Sequence[Entry]) -> list[Entry]:
    """The entries cleaned, each id once."""
    first = {entry.id: entry for entry in reversed(entries)}
    return [_cleaned(entry) for entry in entries if first[entry.id] is entry]


def _documents(channel: Channel, entries: Sequence[Entry]) -> dict[str, bytes]:
    return {
        "rss.xml": rss(channel, entries),
        "atom.xml": atom(channel, entries),
        "feed.json": json_feed(channel, entries),
    }


def _fits(made: dict[str, bytes]) -> bool:
    return all(len(data) <= MAX_BYTES for data in made.values())


def _cleaned(entry: Entry) -> Entry:
    entry = _printable(entry)
    too_long = len(escape(entry.content, quote=False).encode()) > _LONGEST_CONTENT
    return replace(
        entry,
        title=entry.title if entry.title.strip() else (entry.url or entry.id),
        authors=names(entry.authors),
        summary=cut(entry.summary, SUMMARY_LENGTH + 40),  # room for the place in a hot list
        content="" if too_long else entry.content,
        image=entry.image and _printable(entry.image),
        origin=entry.origin and _printable(entry.origin),
    )


def _printable(value: _Value) -> _Value:
    """`value` with every text in it free of what XML forbids."""
    changes: dict[str, Any] = {}
    for field in fields(value):
        current = getattr(value, field.name)
        if isinstance(current, str):
            changes[field.name] = printable(current)
        elif isinstance(current, tuple):
            changes[field.name] = tuple(printable(one) if isinstance(one, str) else one for one in current)
    return replace(value, **changes)
