"""Folds plain text into columns: a wide East Asian character takes two, an address is never broken."""

import re
import unicodedata

from syndication.domain.text import boundaries

COLUMNS = 76  # RFC 5322 §2.1.1 asks for 78 at most
_TOKEN = re.compile(r"\[\[~([sbe])\.([^~]*)~\]\]")
_SLOTS = {"name": 48, "since": 24}  # columns reserved for a value; any other slot gets a whole line
_HANG = re.compile(r"\s*(?:\d+\.\s+|[-*>]\s+)?")
_MANY_BLANKS = re.compile(r"\n{4,}")


def width(text: str) -> int:
    """Return the columns of `text` in a terminal (UAX #11); a slot takes those reserved for it, the token of a region none."""
    slots = sum(_SLOTS.get(token[2], COLUMNS) for token in _TOKEN.finditer(text) if token[1] == "s")
    return slots + sum(map(_columns, _TOKEN.sub("", text)))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def underline(text: str, character: str = "-") -> str:
    """Return a line as wide as `text` is after folding."""
    return character * min(width(text), COLUMNS)


def folded(text: str) -> str:
    """Fold `text` into lines of at most `COLUMNS`, except for an address, on a separate line. List items get a hanging indent."""
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
    """Break `text` at the last character boundary that fits."""
    used = 0
    before = 0
    for offset in boundaries(text):
        used += width(text[before:offset])
        if used > COLUMNS and before:
            break
        before = offset
    return text[:before], text[before:]
