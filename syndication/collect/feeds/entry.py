"""Turn the parsed entries of any feed into articles: sanitised, dated, with a title, an address and keys."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape

from syndication.collect.identity import keys
from syndication.collect.text.charset import broken_bytes, decoded
from syndication.collect.text.clean import MAX_CHARACTERS, clean, first_image
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute, without_tracking
from syndication.collect.text.teaser import teaser, without_heading
from syndication.collect.text.words import (
    SUMMARY,
    author_name,
    fold,
    language_tag,
    section_name,
    shown_line,
    unique,
    without_addresses,
)
from syndication.domain.article import Image, ParsedArticle, Source
from syndication.domain.publication import Publication
from syndication.domain.text import counted, cut

_ESCAPED = re.compile(
    r"\s*&lt;(?:a|article|b|blockquote|br|div|em|figure|h[1-6]|i|img|ol|p|section|span|strong|table|ul)\b",
    re.IGNORECASE,
)
TITLE = 80  # of an entry that has none: the first words of its content


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """The raw fields of an entry. `title` is plain text, `content` and `summary` are HTML, times are as written."""

    title: str
    url: str
    guid: str
    base: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    summary: str = ""
    content: str = ""
    image: Image | None = None
    credit: str = ""
    section: str = ""  # used if the source has none
    tags: tuple[str, ...] = ()
    language: str = ""


class FeedArticles:
    """Collects the articles of one feed; `warnings` says what was refused or guessed."""

    def __init__(self, source: Source, publication: Publication, *, now: datetime) -> None:
        self._source = source
        self._publication = publication
        self._latest = now + timedelta(days=366 * 20)  # a later date is an error of the feed, not an embargo
        self.articles: list[ParsedArticle] = []
        self.warnings: list[str] = []
        self._refused = self._undated = self._cut = 0

    def take(self, entry: ParsedEntry) -> None:
        """Add the article of `entry`, or count why there is none."""
        url = without_tracking(absolute(entry.url))
        base = entry.base or url
        content = clean(_markup(entry.content or entry.summary), base)
        summary = teaser(clean(_markup(entry.summary))) if entry.summary and entry.content else ""
        self._cut += len(entry.content) > MAX_CHARACTERS
        title = shown_line(entry.title)
        content = without_heading(content, title)
        title = title or cut(shown_line(teaser(content)), TITLE)
        if not title:
            self._refused += 1
            return
        published, updated = self.time(entry.published), self.time(entry.updated)
        published = published or updated
        self._undated += published is None and bool(entry.published)
        zone = self._publication.timezone
        day = published.astimezone(zone).date() if published else None
        self.articles.append(
            ParsedArticle(
                title=title,
                keys=keys(url=url, guid=fold(entry.guid), title=title, day=day, source=self._source.name),
                url=url,
                authors=unique(author_name(name) for name in entry.authors),
                published=published,
                updated=updated if updated and published and updated > published else None,
                section=self._source.section or section_name(entry.section),
                summary=cut(fold(summary or teaser(content)), SUMMARY),
                content=content,
                image=_image(entry, base, content),
                credit=fold(without_addresses(entry.credit)),
                tags=unique(section_name(tag) for tag in entry.tags),
                language=language_tag(entry.language) or self._source.language,
            )
        )

    def decoded(self, data: bytes, content_type: str) -> str:
        """Return the feed `data` as text, and warn about broken bytes."""
        text = decoded(data, content_type)
        if broken := broken_bytes(data, text):
            self.warnings.append(f"The feed has {counted(broken, 'broken character')}; shown as \ufffd.")
        return text

    def close(self) -> None:
        """Add the warnings about what was counted."""
        for count, what in (
            (self._refused, "with neither title nor text; left out"),
            (self._undated, "with a date that cannot be read; dated by when they were first seen"),
            (self._cut, "with more than a million characters of text; cut off there"),
        ):
            if count:
                self.warnings.append(f"{count} {'entry' if count == 1 else 'entries'} {what}.")

    def time(self, written: str) -> datetime | None:
        """Parse a time of this source; None when it cannot be read, or is decades ahead."""
        found = read_time(written, self._publication.timezone) if written else None
        return found if found and found < self._latest else None


def _markup(html: str) -> str:
    """Unescape `html` that was escaped once too often: it has no tag, but begins and ends with an escaped one."""
    return (
        unescape(html)
        if "<" not in html and _ESCAPED.match(html) and html.rstrip().endswith("&gt;")
        else html
    )


def _image(entry: ParsedEntry, base: str, content: str) -> Image | None:
    given = entry.image
    if given and (src := absolute(given.src, base)):
        return Image(src, fold(given.alt), given.width, given.height, given.type, given.length)
    src, alt = first_image(content)
    return Image(src, alt) if re.match(r"https?:", src) else None
