"""The faults of feeds that a strict parser stops at though everyone sees what is meant."""

import re
from html.entities import html5

from syndication.collect.text.words import printable

__all__ = ["mended"]

_DECLARATION = re.compile(r"\A<\?xml\b[^>]*>")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})  # XML's (XML 1.0 §4.6)
# What stands in CDATA and comments is left as it is.
_AMPERSAND = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:#(\w+);|(\w+);)?", re.DOTALL)


def mended(text: str) -> str:
    """The XML document `text` as UTF-8 would declare it: without blanks before its start, characters that XML forbids, names of
    characters that only HTML knows, and ampersands that begin nothing.
    """
    body = _DECLARATION.sub("", printable(text).lstrip("\ufeff \t\r\n"), count=1)
    return '<?xml version="1.0" encoding="utf-8"?>' + _AMPERSAND.sub(_replaced, body)


def _replaced(match: re.Match[str]) -> str:
    number, name = match[1], match[2]
    if match[0][0] == "<" or name in _OWN:
        return match[0]
    if number:
        return match[0] if _is_allowed(number) else ""
    if name and (meant := html5.get(f"{name};")):
        return "".join(f"&#{ord(character)};" for character in meant)
    return f"&amp;{match[0][1:]}"


def _is_allowed(number: str) -> bool:
    """Whether a reference by number means a character that XML allows (XML 1.0 §4.1)."""
    try:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return bool(printable(chr(code))) or code in range(0x80, 0xA0)  # which browsers take for windows-1252
    except (ValueError, OverflowError):
        return False
