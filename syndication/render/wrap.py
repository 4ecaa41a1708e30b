"""Plain text in columns: an East Asian character is two wide, an address is never broken."""

import re
import unicodedata

from syndication.domain.text import boundaries

__all__ = ["COLUMNS", "folded", "underline", "width"]

COLUMNS = 76  # RFC 5322 §2.1.1 asks for 78 at most
_TOKEN = re.compile(r"\[\[~([sbe])\.([^~]*)~\]\]")
_SLOTS = {
    "name": 48,
    "since": 24,
}  # columns kept free for a subscriber's value; any other stands on a line of its own
_HANG = re.compile(r"\s*(?:\d+\.\s+|[-*>]\s+)?")
_MANY_BLANKS = re.compile(r"\n{4,}")


def width(text: str) -> int:
    """The columns `text` takes in a terminal (UAX #11); a slot takes what is kept free for it, a region's token none."""
    slots = sum(_SLOTS.get(token[2], COLUMNS) for token in _TOKEN.finditer(text) if token[1] == "s")
    return slots + sum(map(_columns, _TOKEN.sub("", text)))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def underline(text: str, character: str = "-") -> str:
    """A line as wide as `text` shows, once that is folded."""
    return character * min(width(text), COLUMNS)


def folded(text: str) -> str:
    """`text` with no line over `COLUMNS`, but for an address on a line of its own. A list item's next lines hang under its text."""
    lines = (line for raw in text.splitlines() for line in _folded(raw.rstrip()))
    return _MANY_BLANKS.sub("\n\n\n", "\n".join(lines)).strip("\n") + "\n"


def _folded(line: str) -> list[str]:
    if width(line) <= COLUMNS:
        return [line]
    start = _HANG.match(line)
    lead = start[0] if start else ""
    hang = " " * width(lead)
    out: list[str] = []
    current = lead
    for word in line[len(lead) :].split(" "):
        if current.strip() and current != lead and width(current) + 1 + width(word) > COLUMNS:
            out.append(current.rstrip())
            current = hang
        current += word if current in {lead, hang} else f" {word}"
        while width(current) > COLUMNS and "://" not in current and not _TOKEN.search(current):
            head, current = _broken(current)
            out.append(head)
            current = hang + current
    return [*out, current.rstrip()]


def _broken(text: str) -> tuple[str, str]:
    """`text` broken at the last boundary of characters that fits."""
    used = 0
    before = 0
    for offset in boundaries(text):
        used += width(text[before:offset])
        if used > COLUMNS and before:
            break
        before = offset
    return text[:before], text[before:]
