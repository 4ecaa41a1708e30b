"""Entries as they are in the three documents: written once, kept, and copied into every feed that shows them."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from html import escape
from typing import Any, TypeVar

from syndication.domain.article import Image
from syndication.domain.text import cut
from syndication.publish.channel import SUMMARY_LENGTH, Channel, EntrySource, FeedEntry
from syndication.publish.characters import names, printable
from syndication.publish.json_feed import json_items

# Bytes as escaped in XML. A longer content would push other entries out, so only its summary is given.
_LONGEST_CONTENT = 128 * 1024
# Generous limits, so that no entry is too big for a feed.
_LONGEST_TITLE = 10_000  # characters
_LONGEST_ADDRESS = 4_000
_LONGEST_NAME = 500
_AUTHORS, _TAGS = 50, 100
_AT_ONCE = 50  # entries; a bigger tree takes more memory and is no faster

_Value = TypeVar("_Value", Channel, FeedEntry, Image, EntrySource)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry in every format. It does not depend on the channel, except for a language that is not the channel's."""

    id: str
    updated: datetime
    rss: bytes
    atom: bytes
    json: bytes


def written(language: str, entries: Sequence[FeedEntry]) -> list[Item]:
    """Clean and write the entries for channels in this language; a repeated id is left out."""
    return _written(language, _cleaned_once(entries))


def written_twice(language: str, entries: Sequence[FeedEntry]) -> list[tuple[Item, Item]]:
    """Return the same as `written`, each with a second item that has its summary only."""
    cleaned = _cleaned_once(entries)
    short = [replace(entry, content="") for entry in cleaned]
    return list(zip(_written(language, cleaned), _written(language, short), strict=True))


def _cleaned_once(entries: Sequence[FeedEntry]) -> list[FeedEntry]:
    first = {entry.id: entry for entry in reversed(entries)}
    return [_cleaned(entry) for entry in entries if first[entry.id] is entry]


def _written(language: str, entries: Sequence[FeedEntry]) -> list[Item]:
    from syndication.publish.xml_feeds import atom_entries, rss_items

    items: list[Item] = []
    for start in range(0, len(entries), _AT_ONCE):
        part = entries[start : start + _AT_ONCE]
        documents = rss_items(language, part), atom_entries(language, part), json_items(language, part)
        items += [
            Item(entry.id, entry.updated, *pieces) for entry, *pieces in zip(part, *documents, strict=True)
        ]
    return items


def kept(items: Sequence[Item]) -> bytes:
    """Pack the items in one block for the store, compressed: they repeat the same text several times."""
    pieces = [piece for item in items for piece in (item.rss, item.atom, item.json)]
    head = [[item.id, item.updated.isoformat()] for item in items], [len(piece) for piece in pieces]
    return zlib.compress(b"\n".join((json.dumps(head).encode(), b"".join(pieces))), 1)


def restored(block: bytes) -> list[Item]:
    """Return the items of a block."""
    head, _, data = zlib.decompress(block).partition(b"\n")
    heads, lengths = json.loads(head)
    pieces, start = [], 0
    for length in lengths:
        pieces.append(data[start : start + length])
        start += length
    return [
        Item(id_, datetime.fromisoformat(updated), *pieces[3 * number : 3 * number + 3])
        for number, (id_, updated) in enumerate(heads)
    ]


def _cleaned(entry: FeedEntry) -> FeedEntry:
    entry = made_printable(entry)
    may_be_too_long = len(entry.content) * 5 > _LONGEST_CONTENT  # no character takes more than "&amp;"
    too_long = may_be_too_long and len(escape(entry.content, quote=False).encode()) > _LONGEST_CONTENT
    url = entry.url if len(entry.url) <= _LONGEST_ADDRESS else ""
    title = entry.title if len(entry.title) <= _LONGEST_TITLE else cut(entry.title, _LONGEST_TITLE)
    return replace(
        entry,
        url=url,
        title=title if title.strip() else (url or entry.id),
        authors=names(entry.authors)[:_AUTHORS],
        tags=tuple(tag[:_LONGEST_NAME] for tag in entry.tags[:_TAGS]),
        section=entry.section[:_LONGEST_NAME],
        credit=entry.credit[:_LONGEST_NAME],
        summary=cut(entry.summary, SUMMARY_LENGTH + 40),  # room for the place in a hot list
        content="" if too_long else entry.content,
        image=entry.image and made_printable(entry.image),
        origin=entry.origin and made_printable(entry.origin),
    )


def made_printable(value: _Value) -> _Value:
    """Return `value` with every text in it freed of what XML forbids."""
    changes: dict[str, Any] = {}
    for field in fields(value):
        current = getattr(value, field.name)
        if isinstance(current, str):
            clean: Any = printable(current)
        elif isinstance(current, tuple):
            clean = tuple(printable(one) if isinstance(one, str) else one for one in current)
        else:
            continue
        if clean != current:
            changes[field.name] = clean
    return replace(value, **changes) if changes else value
