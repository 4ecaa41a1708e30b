"""An article page that was copied as text and saved. Its lines, from the top:

- headline; author; then `e-mail | 2026-11-16 09:30:00` (local time of the publication), which marks it as a saved page;
- a credit in capitals, if any; paragraphs, one per line;
- the site's name as sign-off, and a second byline `Author, e-mail`: neither is content;
- `WEEKLY HOT` or "Most read", and lines like `- 1Title of the first`, with rank and title glued together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from syndication.collect.hot.ranked_lines import heading_at, ranked_lines
from syndication.collect.identity import keys
from syndication.collect.text.clean import clean
from syndication.collect.text.dates import read_time
from syndication.collect.text.words import SUMMARY, author_name, fold, without_addresses
from syndication.domain.article import ParsedArticle, Source
from syndication.domain.hotlist import HotLine
from syndication.domain.publication import Publication
from syndication.domain.text import cut

_HEAD = 8  # lines within which the byline must be
_SHORT = 60  # characters: a longer line is a sentence, not a name or a credit
_NAME_WORDS = 4
_BYLINE = re.compile(
    r"(?P<name>[^|]*?)[\s,<(]*(?P<address>[^\s|<>(),]+@[^\s|<>(),]+\.[^\s|<>(),]+)[>)]?\s*\|\s*"
    r"(?P<time>\d{4}[-./]\d{1,2}[-./]\d{1,2}\s+\d{1,2}:\d{2}(?::\d{2})?)"
)
_ADDRESS = re.compile(r"[^\s|<>(),:]+@[^\s|<>(),]+\.[^\s|<>(),.]+")
_CREDIT_LABEL = re.compile(
    r"\(?\s*(?:사진|이미지|photos?|image|credit)\s*[=:]\s*(?P<who>[^)]+?)\s*\)?", re.IGNORECASE
)
_DOMAIN = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。」”\"'’]$")  # noqa: RUF001 - typographic punctuation


@dataclass(frozen=True, slots=True)
class _Byline:
    index: int
    name: str
    address: str
    time: str


def is_saved_page(text: str) -> bool:
    """Return whether `text` has the byline of a saved page near its top, below a headline."""
    return _byline(_lines(text)) is not None


def read_saved_page(
    text: str, *, source: Source, publication: Publication, guid: str
) -> tuple[ParsedArticle, tuple[HotLine, ...]]:
    """Read the article and the ranked list of a saved page; `guid` is the file's name in its source.

    All e-mail addresses are removed. Raises ValueError when `text` is not in this form.
    """
    lines = _lines(text)
    byline = _byline(lines)
    if byline is None:
        raise ValueError("there is no line like 'e-mail | 2026-11-16 09:30:00' below a headline")
    heading = heading_at(lines[byline.index + 1 :])
    end = len(lines) if heading is None else byline.index + 1 + heading
    hot = ranked_lines(lines[end + 1 :])
    body = lines[byline.index + 1 : end]
    credit = _credit(body[0]) if body else ""
    content, names = _content(body[1:] if credit else body, byline, publication)
    above = [line for line in lines[1 : byline.index] if fold(without_addresses(line))]
    first = author_name(byline.name or (above[-1] if above else ""))
    title = fold(without_addresses(lines[0]))
    published = read_time(byline.time, publication.timezone)
    if published is None:
        raise ValueError(f"{byline.time!r} is not a time")
    article = ParsedArticle(
        title=title,
        keys=keys(url="", guid=guid, title=title, day=published.date(), source=source.name),
        authors=_authors(first, names, byline.address),
        published=published,
        section=source.section,
        summary=cut(" ".join(content), SUMMARY),
        content=clean("".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in content)),
        credit=credit,
        language=source.language,
    )
    return article, hot


def _lines(text: str) -> list[str]:
    return [folded for line in text.splitlines() if (folded := fold(line))]


def _byline(lines: Sequence[str]) -> _Byline | None:
    for index, line in enumerate(lines[1:_HEAD], start=1):
        if match := _BYLINE.fullmatch(line):
            return _Byline(index, match["name"], match["address"].casefold(), match["time"])
    return None


def _credit(line: str) -> str:
    """Return the credit of the picture: a short line in capitals, or one with a label."""
    if len(line) > _SHORT or _ADDRESS.search(line):
        return ""
    if label := _CREDIT_LABEL.fullmatch(line):
        return label["who"]
    return line if line.isupper() and not _SENTENCE_END.search(line) else ""


def _content(
    body: Sequence[str], byline: _Byline, publication: Publication
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the paragraphs, and (address, name) of the bylines below them."""
    bylines = [_second_byline(line) for line in body]
    # Between the second byline and the list there is only the page's furniture.
    own = (index for index, found in enumerate(bylines) if found and found[0] == byline.address)
    end = next(own, len(body))
    while end and bylines[end - 1]:
        end -= 1
    names = [found for found in bylines[end:] if found]
    signed = bool(names)
    while end and _is_sign_off(body[end - 1], publication, before_byline=signed):
        end -= 1
        signed = False
    return [clear for line in body[:end] if (clear := fold(without_addresses(line)))], names


def _second_byline(line: str) -> tuple[str, str] | None:
    """Return (address, name) when the line is nothing but a name and an address."""
    found = _ADDRESS.findall(line)
    name = author_name(line)
    if len(found) != 1 or len(name) > _SHORT or len(name.split()) > _NAME_WORDS or _SENTENCE_END.search(name):
        return None
    return found[0].casefold(), name


def _is_sign_off(line: str, publication: Publication, *, before_byline: bool) -> bool:
    host = (urlsplit(publication.url).hostname or "").removeprefix("www.")
    own = {publication.title.casefold(), host, f"www.{host}"}
    if line.casefold().strip(" .-—") in own or _DOMAIN.fullmatch(line):
        return True
    return before_byline and len(line) <= _SHORT // 2 and not _SENTENCE_END.search(line)


def _authors(first: str, names: Sequence[tuple[str, str]], address: str) -> tuple[str, ...]:
    """Return one author per address; of two spellings of a name (`BlueYIM`, `Blue YIM`) the spaced one."""
    by_address = {address: first} if first else {}
    for found, name in names:
        known = by_address.get(found, "")
        same = "".join(name.split()).casefold() == "".join(known.split()).casefold()
        if name and (not known or (same and name.count(" ") > known.count(" "))):
            by_address[found] = name
    return tuple(dict.fromkeys(by_address.values()))
