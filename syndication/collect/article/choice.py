"""Choose among the facts of several origins: for each field the first origin with a valid value wins."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute, without_tracking
from syndication.collect.text.words import author_name, fold, language_tag, section_name, shown_line, unique
from syndication.domain.article import Image


class FactOrigin(StrEnum):
    """Where a field came from, in order of precedence."""

    JSON_LD = "JSON-LD"  # schema.org in a script
    OPEN_GRAPH = "OpenGraph"  # og:… and article:…
    MICRODATA = "microdata"  # itemprop="…"
    TIME = "<time>"
    META = "meta"  # the other names of <meta>, <link> and <html lang>
    HEADING = "heading"  # <h1>, else <title>
    SITEMAP = "sitemap"  # of news
    ADDRESS = "address"  # the day in it, as in /2026/11/20/
    TRAFILATURA = "trafilatura"  # its guess from the layout
    BODY = "body"  # the first image or the first words of the text
    SOURCE = "source"  # the configuration, or the address that was fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of one origin, as written: times and addresses are not parsed yet. Empty means unknown.

    `kind` is the type of the page, in lower case: `newsarticle`, `article`, `website`, ….
    """

    kind: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    section: str = ""
    image: Image | None = None
    credit: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    url: str = ""
    site: str = ""  # the site's name
    summary: str = ""
    text: str = ""  # the article: HTML, or plain with line ends between paragraphs
    is_paid: bool = False  # visitors see a part of it only


T = TypeVar("T")
U = TypeVar("U")

# <html lang> is meant for visitors; og:locale is often an unset default of the content system.
_LANGUAGE_ORDER = (
    FactOrigin.JSON_LD,
    FactOrigin.MICRODATA,
    FactOrigin.META,
    FactOrigin.OPEN_GRAPH,
    FactOrigin.SITEMAP,
)
# rel=canonical exists for this purpose (RFC 6596); the others name the address for sharing.
_URL_ORDER = (FactOrigin.META, FactOrigin.OPEN_GRAPH, FactOrigin.JSON_LD)
_BETWEEN = r"\s+[|\-–—:·•«»/]{1,2}\s+|\s*\|\s*"  # noqa: RUF001 - typographic dashes are meant
_SMALL = 200  # pixels: a narrower picture is a logo
_MAX_TAGS = 20
_MAX_WORDS = 100  # characters of a name or a tag
_NAME = re.compile(  # two words and more with capitals, or three syllables of Hangul
    r"[^\W\d_a-z][\w'’.-]*(?:\s+[\w'’.-]+){0,2}\s+[^\W\d_a-z][\w'’.-]*|[가-힣]{2,4}"  # noqa: RUF001 - as above
)
_AND = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|und|et|e|y|&)\s+", re.IGNORECASE)
_PATH_DAY = re.compile(
    r"/((?:19|20)\d\d)(?:([/-])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))(?!\d)"
)
_NOBODY = frozenset(
    {
        "admin",
        "administrator",
        "anonymous",
        "n/a",
        "none",
        "null",
        "undefined",
        "unknown",
        "user",
        "username",
        "webmaster",
    }
)


@dataclass(frozen=True, slots=True)
class OriginatedValue(Generic[T]):
    """A value and its origin."""

    value: T
    origin: FactOrigin


class PageFacts:
    """The `facts` of the page at `url`, resolved by field. Times default to `zone`; one after `latest` is an error."""

    def __init__(
        self, facts: Mapping[FactOrigin, Facts], url: str, *, zone: ZoneInfo, latest: datetime
    ) -> None:
        self._facts = facts
        self._url = url
        self._zone = zone
        self._latest = latest
        self._sites = unique(each.site for each in facts.values())

    def title(self) -> OriginatedValue[str] | None:
        """Return the headline, without the site's name at its end."""
        return self._first("title", self._headline)

    def authors(self) -> OriginatedValue[tuple[str, ...]] | None:
        """Return the names of people, or of the publisher when no person is named."""
        named = list(self._every("authors", _people))
        sites = {site.casefold() for site in self._sites}
        people = (each for each in named if not sites.issuperset(name.casefold() for name in each.value))
        return next(people, named[0] if named else None)

    def published(self) -> OriginatedValue[datetime] | None:
        """Return when it was published. A mere day gets the hour from another origin with the same day, if there is one."""
        found = self._first("published", self._time)
        if found is None or ":" in self._facts[found.origin].published:
            return found
        for other in self._every("published", self._time):
            hour = ":" in self._facts[other.origin].published
            if hour and other.value.astimezone(self._zone).date() == found.value.date():
                return other
        return found

    def updated(self) -> OriginatedValue[datetime] | None:
        """Return when it was last changed."""
        return self._first("updated", self._time)

    def section(self) -> OriginatedValue[str] | None:
        """Return the name of the section."""
        return self._first("section", lambda text: section_name(text) if len(text) <= _MAX_WORDS else "")

    def image(self, *, small: bool = False) -> OriginatedValue[Image] | None:
        """Return the picture that represents the page; with `small`, even an icon."""
        return self._first("image", lambda image: self._picture(image, 0 if small else _SMALL))

    def credit(self) -> OriginatedValue[str] | None:
        """Return the credit of the picture."""
        return self._first("credit", fold)

    def tags(self) -> OriginatedValue[tuple[str, ...]] | None:
        """Return the tags, as the page writes them."""
        return self._first("tags", _tags)

    def language(self) -> OriginatedValue[str] | None:
        """Return the language as a BCP 47 tag."""
        return self._first("language", language_tag, _LANGUAGE_ORDER)

    def summary(self) -> OriginatedValue[str] | None:
        """Return a short description."""
        return self._first("summary", fold)

    def address(self) -> OriginatedValue[str] | None:
        """Return the page's canonical URL. The site's front page is not accepted: some systems name it on every page."""
        return self._first("url", self._canonical, _URL_ORDER)

    def _first(
        self, name: str, accept: Callable[[Any], U | None], order: Sequence[FactOrigin] = tuple(FactOrigin)
    ) -> OriginatedValue[U] | None:
        return next(self._every(name, accept, order), None)

    def _every(
        self, name: str, accept: Callable[[Any], U | None], order: Sequence[FactOrigin] = tuple(FactOrigin)
    ) -> Iterator[OriginatedValue[U]]:
        for origin in order:
            stated = getattr(self._facts[origin], name) if origin in self._facts else None
            if stated and (value := accept(stated)):
                yield OriginatedValue(value, origin)

    def _headline(self, text: str) -> str:
        title = shown_line(text)
        for site in self._sites:
            head = re.sub(rf"(?:{_BETWEEN}){re.escape(site)}\s*\Z", "", title, flags=re.IGNORECASE)
            title = head or title
        return title

    def _time(self, text: str) -> datetime | None:
        found = read_time(text, self._zone)
        return found if found and found < self._latest else None

    def _picture(self, image: Image, least: int) -> Image | None:
        if 0 < image.width < least or 0 < image.height < least // 2:
            return None
        src = absolute(image.src, self._url)
        return replace(image, src=src, alt=fold(image.alt)) if src and not src.endswith(".svg") else None

    def _canonical(self, text: str) -> str:
        url = without_tracking(absolute(text, self._url))
        parts, own = urlsplit(url), urlsplit(self._url)
        is_front = parts.path in {"", "/"} and not parts.query
        return "" if is_front and (own.path not in {"", "/"} or own.query) else url


def day_in(url: str) -> str:
    """Return the day in the path of an address, as `2026-11-20`, or an empty string."""
    found = _PATH_DAY.search(urlsplit(url).path)
    return f"{found[1]}-{found[3] or found[5]:0>2}-{found[4] or found[6]:0>2}" if found else ""


def _people(names: Iterable[str]) -> tuple[str, ...]:
    found = []
    for name in names:
        parts = [author_name(part) for part in _AND.split(author_name(name))]
        several = len(parts) > 1 and all(_NAME.fullmatch(part) for part in parts)
        found.extend(parts if several else [author_name(name)])
    return unique(
        name
        for name in found
        if len(name) <= _MAX_WORDS and "://" not in name and name.casefold() not in _NOBODY
    )


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    return unique(section_name(tag) for tag in tags if len(tag) <= _MAX_WORDS)[:_MAX_TAGS]
