"""A compiled digest with slots and regions for what differs between recipients.

A compiled part is text with private tokens, split once into pieces. `slot("name")` is filled with a value; the region between
`begin(flag)` and `end(flag)` is kept for recipients who have the flag (`named`, `topic:film`, …). Regions may contain slots and regions.
A merge never runs a template: text from a feed stays text. The tokens are ASCII, because mjml-python escapes anything else in an
attribute.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

TOKEN_START = "[[~"  # noqa: S105 - no secret; render breaks it up if content contains it
_TOKEN = re.compile(r"\[\[~([sbe])\.([a-z0-9:_.-]+)~\]\]")


def slot(name: str) -> str:
    """Return the token that a value replaces."""
    return f"{TOKEN_START}s.{name}~]]"


def begin(flag: str) -> str:
    """Return the token at which a region for recipients with `flag` begins."""
    return f"{TOKEN_START}b.{flag}~]]"


def end(flag: str) -> str:
    """Return the token at which the region of `flag` ends."""
    return f"{TOKEN_START}e.{flag}~]]"


@dataclass(frozen=True, slots=True)
class Slot:
    """The position of one of the recipient's values."""

    name: str


@dataclass(frozen=True, slots=True)
class Region:
    """The pieces that only recipients with `flag` get."""

    flag: str
    pieces: tuple["Piece", ...]


Piece: TypeAlias = str | Slot | Region


@dataclass(frozen=True, slots=True)
class Variant:
    """The digest in one language, as frozen: the subject, both parts with their tokens, and the topics with regions."""

    language: str
    subject: str
    preheader: str
    html: str
    text: str
    topics: tuple[str, ...] = ()  # slugs of its sections
    common: bool = True  # whether it has something for a recipient of other topics: a lead without a topic
    trimmed: str = ""  # what was left out to make it fit into a mail, in words for the operator


def language_for(recipient: str, compiled: Sequence[str]) -> str:
    """Return which `compiled` language a recipient gets: the preferred one, or its first part (`ko` for `ko-KR`), else the first."""
    by_name = {language.casefold(): language for language in compiled}
    wanted = recipient.casefold()
    return by_name.get(wanted) or by_name.get(wanted.partition("-")[0]) or compiled[0]


def split(compiled: str) -> tuple[Piece, ...]:
    """Split a part at its tokens. Raises ValueError for a region that is not closed, or closed in the wrong order."""
    stack: list[tuple[str, list[Piece]]] = [("", [])]
    position = 0
    for match in _TOKEN.finditer(compiled):
        if literal := compiled[position : match.start()]:
            stack[-1][1].append(literal)
        position = match.end()
        kind, name = match.groups()
        if kind == "s":
            stack[-1][1].append(Slot(name))
        elif kind == "b":
            stack.append((name, []))
        else:
            flag, pieces = stack.pop()
            if flag != name or not stack:
                raise ValueError(f"the region {name!r} ends where {flag or 'none'!r} is open")
            stack[-1][1].append(Region(name, tuple(pieces)))
    if len(stack) > 1:
        raise ValueError(f"the region {stack[-1][0]!r} is not closed")
    if literal := compiled[position:]:
        stack[-1][1].append(literal)
    return tuple(stack[0][1])


def merge(
    pieces: tuple[Piece, ...],
    values: Mapping[str, str],
    flags: Collection[str],
    escape: Callable[[str], str] = str,
) -> str:
    """Join the pieces for one recipient; `escape` is applied to every value. Raises KeyError for a slot without a value."""
    return "".join(_merged(pieces, values, flags, escape))


def _merged(
    pieces: tuple[Piece, ...], values: Mapping[str, str], flags: Collection[str], escape: Callable[[str], str]
) -> list[str]:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
        elif isinstance(piece, Slot):
            out.append(escape(values[piece.name]))
        elif piece.flag in flags:
            out.extend(_merged(piece.pieces, values, flags, escape))
    return out
