"""Rewrites what mjml-python 1.4.2 (mrml 6.0.1) would break silently."""

import re
from collections.abc import Iterable

from syndication.render.source import Piece, TokenKind, scan

_ODD = re.compile(r"[^ -\[\]-~]|\\")  # all but printable ASCII, and the backslash
_PROSE = frozenset({"mj-text", "mj-button", "mj-table", "mj-raw", "mj-navbar-link", "mj-social-element"})


def repaired(source: str, pieces: Iterable[Piece] = ()) -> str:
    r"""Return `source` with LF line ends, ASCII in attributes, and the blanks between inline tags kept. `pieces` are those of `source`,
    if it has been scanned already.

    mrml prints attribute values in Rust's debug format: what that considers unprintable (a no-break space, a combining accent, Thai,
    Hindi, joined emoji), a line break or a backslash becomes an escape like `\u{a0}`. Character references are kept. A line break between
    two tags is dropped, and with it the blank between two words. A carriage return is a parse error.
    """
    if "\r" in source:
        source, pieces = source.replace("\r\n", "\n").replace("\r", "\n"), ()
    out: list[str] = []
    prose = 0
    titled = False
    for piece in pieces or scan(source):
        if piece.name in _PROSE and piece.kind in {TokenKind.OPEN, TokenKind.CLOSE}:
            prose += 1 if piece.kind is TokenKind.OPEN else -1
        out.append(
            _ODD.sub(_reference, source[piece.start : piece.end])
            if titled
            else _piece(source, piece, in_prose=prose > 0)
        )
        # mrml repeats the title in an aria-label
        titled = piece.name == "mj-title" and piece.kind is TokenKind.OPEN
    return "".join(out)


def _piece(source: str, piece: Piece, *, in_prose: bool) -> str:
    text = source[piece.start : piece.end]
    if piece.kind is TokenKind.TEXT:
        return " " if in_prose and "\n" in text and not text.strip() else text
    position = piece.start
    out: list[str] = []
    for attribute in piece.attributes:
        if attribute.value is not None:
            out += (source[position : attribute.start], _ODD.sub(_reference, attribute.value))
            position = attribute.end
    return "".join((*out, source[position : piece.end]))


def _reference(match: re.Match[str]) -> str:
    return " " if match[0] in "\n\t" else f"&#{ord(match[0])};"
