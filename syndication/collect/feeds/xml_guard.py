"""What XML may not bring along: entities of its own, and depth without end."""

import re
from contextlib import suppress
from xml.parsers import expat

from syndication.errors import CollectError

__all__ = ["check_xml", "is_xml"]

MAX_DEPTH = 256
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_ROOT = re.compile(rb"<[A-Za-z_]")


def is_xml(data: bytes, content_type: str) -> bool:
    """Whether an answer is XML, by its name or by how it begins."""
    return "xml" in content_type.lower() or data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(
        b"<?"
    )


def check_xml(data: bytes, name: str) -> None:
    """Raises CollectError when `data` declares entities (a few bytes can mean gigabytes) or nests deeper than 256 elements.

    Broken XML passes: its parser is lenient on purpose. `name` is the address, for the error.
    """
    narrow = data.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(
        b"\0", b""
    )  # UTF-16 and UTF-32 show the same characters so
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
    """The depth that was reached, stopping at the first fault."""
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
