"""A scanner for MJML, so that it can be checked and repaired before the compiler sees it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)

_SPECIAL = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<!doctype[^>]*>|<\?.*?\?>", re.DOTALL | re.IGNORECASE)
_NAME = re.compile(r"<(/?)([a-zA-Z][\w:.-]*)")
_ATTRIBUTE = re.compile(r"\s+([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
_CLOSE = re.compile(r"\s*(/?)>")
_RAW_TEXT = {"mj-style": re.compile(r"</mj-style\s*>"), "style": re.compile(r"</style\s*>")}


class TokenKind(StrEnum):
    """What a piece is."""

    OPEN = "open"
    VOID = "void"  # opened and closed at once
    CLOSE = "close"
    TEXT = "text"
    COMMENT = "comment"
    CDATA = "cdata"
    STRAY = "stray"  # a `<` that does not start a tag


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a tag; `value` is None if it has none. `start` and `end` are the offsets of the value in the source."""

    name: str
    value: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One tag, comment or run of text. `start` and `end` are offsets in the source; `name` is empty for text."""

    kind: TokenKind
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()

    def value(self, name: str) -> str | None:
        """Return the value of the attribute `name`, None if it is missing."""
        return next((found.value for found in self.attributes if found.name == name), None)


def scan(source: str) -> Iterator[Piece]:
    """Yield the pieces of `source` in order, without gaps. Never raises."""
    position = 0
    while position < len(source):
        piece = _next(source, position)
        yield piece
        position = piece.end
        if piece.kind is TokenKind.OPEN and (ending := _RAW_TEXT.get(piece.name)):
            found = ending.search(source, position)
            if found and found.start() > position:
                yield Piece(TokenKind.TEXT, position, found.start())
                position = found.start()


def _next(source: str, position: int) -> Piece:
    if source[position] != "<":
        end = source.find("<", position)
        return Piece(TokenKind.TEXT, position, end if end >= 0 else len(source))
    if special := _SPECIAL.match(source, position):
        kind = TokenKind.CDATA if special[0].startswith("<![") else TokenKind.COMMENT
        return Piece(kind, position, special.end())
    return _tag(source, position) or Piece(TokenKind.STRAY, position, position + 1)


def _tag(source: str, position: int) -> Piece | None:
    name = _NAME.match(source, position)
    if not name:
        return None
    end = name.end()
    attributes = []
    while found := _ATTRIBUTE.match(source, end):
        group = 2 if found[2] is not None else 3
        attributes.append(Attribute(found[1], found[group], *found.span(group)))
        end = found.end()
    close = _CLOSE.match(source, end)
    if not close:
        return None
    opened = TokenKind.VOID if close[1] or name[2].lower() in VOID else TokenKind.OPEN
    kind = TokenKind.CLOSE if name[1] else opened
    return Piece(kind, position, close.end(), name[2], tuple(attributes))
