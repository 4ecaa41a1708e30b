"""Short fields as sources write them, made plain: titles, names, lists, languages."""

import re
from collections.abc import Iterable

__all__ = ["SUMMARY", "author_name", "fold", "language_tag", "printable", "unique", "without_addresses"]

SUMMARY = 300  # characters of an article's summary
# What XML 1.0 §2.2 does not allow in a document, lone surrogates included; DEL and C1 are allowed but show as boxes.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# With RFC 5321's lengths (§4.5.3.1): without them a megabyte of letters takes an hour.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|<\s*>|\[\s*\]")


def printable(text: str) -> str:
    """`text` without the characters that no XML document may hold."""
    return _FORBIDDEN.sub("", text)


def fold(text: str) -> str:
    """`text` on one line, printable, with single spaces."""
    return " ".join(printable(text).split())


def without_addresses(text: str) -> str:
    """`text` without e-mail addresses and the brackets that held them."""
    if "@" not in text:
        return text
    bare = re.sub(r"(?i)\bmailto:", "", text)
    return _EMPTY_BRACKETS.sub("", _ADDRESS.sub("", bare))


def author_name(text: str) -> str:
    """The person's name in a byline such as `By Jane Roe`, `jane@x.example (Jane Roe)` or `Jane Roe <jane@x.example>`.

    An address alone gives no name: it is never published.
    """
    name = fold(without_addresses(text)).strip(" ,;|<>\"'")
    if name.startswith("(") and name.endswith(")"):  # RFC 2822's way to write a name after the address
        name = name[1:-1].strip()
    elif name.count("(") != name.count(")"):
        name = name.strip("() ")
    return re.sub(r"^[Bb]y\s+(?=\S)", "", name)


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The folded values in their order, each once, none empty."""
    return tuple(dict.fromkeys(folded for value in values if (folded := fold(value))))


def language_tag(text: str) -> str:
    """`text` as a BCP 47 tag like `ko` or `en-GB`, or nothing when it is none."""
    tag = text.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""
