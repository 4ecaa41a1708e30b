"""Plain text from the short fields of sources: titles, names, lists, languages."""

import re
import unicodedata
from collections.abc import Iterable

SUMMARY = 300  # characters of an article's summary
# What XML 1.0 §2.2 forbids, lone surrogates included, and DEL and C1, which it allows but which show as boxes.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# A C1 control in a text is a byte of Windows-1252 that was read as Latin-1 (WHATWG HTML §13.2.5.80); five bytes mean nothing there.
_WINDOWS = {chr(byte): bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}
# They turn the direction of all that follows, in other people's lines too (UAX #9 §2.2 to §2.5).
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # shown as nothing, but no space to Unicode
# What content systems call the section of an article that has none.
_NO_SECTION = frozenset(
    {
        "uncategorized",
        "uncategorised",
        "uncategorized posts",
        "unkategorisiert",
        "nicht kategorisiert",
        "non classé",
        "non catégorisé",
        "sin categoría",
        "sin categorizar",
        "sem categoria",
        "senza categoria",
        "geen categorie",
        "niet gecategoriseerd",
        "ukategorisert",
        "okategoriserade",
        "без рубрики",
        "без категории",
        "未分类",
        "未分類",
        "미분류",
    }
)
# Limited to RFC 5321's lengths (§4.5.3.1): without them a megabyte of letters takes an hour.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|<\s*>|\[\s*\]")


def printable(text: str) -> str:
    """Return `text` without the characters that XML forbids, its C1 controls read as Windows-1252."""
    return _FORBIDDEN.sub(lambda found: _WINDOWS.get(found[0], ""), text)


def fold(text: str) -> str:
    """Return `text` on one line, printable, with single spaces, and without characters that turn the direction of lines."""
    return " ".join(_TURNING.sub("", printable(text)).split())


def shown_line(text: str) -> str:
    """Return `text` folded, or an empty string when nothing of it can be seen."""
    line = fold(text)
    seen = (each for each in line if unicodedata.category(each)[0] in "LNPS" and each not in _BLANK_LETTERS)
    return line if next(seen, "") else ""


def section_name(text: str) -> str:
    """Return `text` folded, empty for the names that mean no section."""
    name = shown_line(text)
    return "" if name.casefold() in _NO_SECTION else name


def without_addresses(text: str) -> str:
    """Return `text` without e-mail addresses and the brackets around them."""
    if "@" not in text:
        return text
    bare = re.sub(r"(?i)\bmailto:", "", text)
    return _EMPTY_BRACKETS.sub("", _ADDRESS.sub("", bare))


def author_name(text: str) -> str:
    """Return the name in a byline like `By Jane Roe`, `jane@x.example (Jane Roe)` or `Jane Roe <jane@x.example>`.

    Empty when there is only an address: addresses are never published.
    """
    name = shown_line(without_addresses(text)).strip(" ,;|<>\"'")
    if name.startswith("(") and name.endswith(")"):  # the name as a comment after the address (RFC 2822)
        name = name[1:-1].strip()
    elif name.count("(") != name.count(")"):
        name = name.strip("() ")
    return re.sub(r"^[Bb]y\s+(?=\S)", "", name)


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the folded values in their order, each once, without empty ones."""
    return tuple(dict.fromkeys(folded for value in values if (folded := fold(value))))


def language_tag(text: str) -> str:
    """Return `text` as a BCP 47 tag like `ko` or `en-GB`, or an empty string when it is not one."""
    tag = text.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""
