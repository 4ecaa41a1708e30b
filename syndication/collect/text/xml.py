"""XML from outside, before a parser sees it: common faults repaired, and entities and endless depth refused."""

import re
from contextlib import suppress
from html.entities import html5
from xml.parsers import expat

from syndication.collect.text.words import printable
from syndication.errors import CollectError

MAX_DEPTH = 256
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_ROOT = re.compile(rb"<[A-Za-z_]")
_DECLARATION = re.compile(r"\A<\?xml\b[^>]*>")
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})  # XML 1.0 §4.6
# CDATA sections and comments match first and stay as they are.
_AMPERSAND = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?:#(\w+);|(\w+);)?", re.DOTALL)


def is_xml(data: bytes, content_type: str) -> bool:
    """Return whether an answer is XML, by its media type or by how it begins."""
    return "xml" in content_type.lower() or data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(
        b"<?"
    )


def check_xml(data: bytes, name: str) -> None:
    """Raise CollectError when `data` declares entities (a few bytes can mean gigabytes) or nests too deep.

    Broken XML passes: its parser is lenient on purpose. `name` is the address, for the error.
    """
    # Without zero bytes UTF-16 and UTF-32 show the characters that matter here as ASCII does.
    narrow = data.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    position = 0
    while match := _BEFORE_ROOT.match(narrow, position):
        position = match.end()
    if narrow[position : position + 9].upper() == b"<!DOCTYPE":
        root = _ROOT.search(narrow, position)
        if _ENTITY.search(narrow, position, root.start() if root else len(narrow)):
            raise CollectError(
                f"{name} declares XML entities, which are refused.", "Ask the site to leave out the DOCTYPE."
            )
    if _depth(data) > MAX_DEPTH:
        raise CollectError(
            f"{name} nests deeper than {MAX_DEPTH} elements.", "Check that the url is a feed's."
        )


class _TooDeepError(Exception):
    pass


def _depth(data: bytes) -> int:
    """Return the greatest depth before the first fault."""
    depth = deepest = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(depth, deepest)
        if depth > MAX_DEPTH:
            raise _TooDeepError

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    # The first fault ends the count, not the feed: its parser is lenient.
    with suppress(expat.ExpatError, _TooDeepError, ValueError, LookupError):
        parser.Parse(data, True)  # noqa: FBT003 - expat takes it by position
    return deepest


def repaired_xml(text: str) -> str:
    """Return the XML document `text`, declared as UTF-8, without the faults that a strict parser stops at although the
    meaning is clear: blanks before its start, forbidden characters, HTML's named references, and bare ampersands.
    """
    body = _DECLARATION.sub("", printable(text).lstrip("\ufeff \t\r\n"), count=1)
    return '<?xml version="1.0" encoding="utf-8"?>' + _AMPERSAND.sub(_repaired_reference, body)


def _repaired_reference(match: re.Match[str]) -> str:
    number, name = match[1], match[2]
    if match[0][0] == "<" or name in _PREDEFINED:
        return match[0]
    if number:
        return match[0] if _is_allowed(number) else ""
    if name and (meant := html5.get(f"{name};")):
        return "".join(f"&#{ord(character)};" for character in meant)
    return f"&amp;{match[0][1:]}"


def _is_allowed(number: str) -> bool:
    """Return whether a numeric reference means a character that XML allows (XML 1.0 §4.1)."""
    try:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return bool(printable(chr(code))) or code in range(0x80, 0xA0)  # which browsers take for windows-1252
    except (ValueError, OverflowError):
        return False
