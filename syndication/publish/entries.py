"""Makes feed entries from articles, from a hot list, and from editions."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape, unescape
from types import MappingProxyType
from typing import Literal

from syndication.domain.article import Article, Image, ResolvedArticle
from syndication.domain.hotlist import HotEntry, Movement, Trend
from syndication.domain.publication import Publication
from syndication.domain.published import archive_path
from syndication.domain.text import cut
from syndication.publish.channel import SUMMARY_LENGTH, EntrySource, FeedEntry
from syndication.publish.characters import names, uri

_BLOCK = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|br|hr|tr|td|th|blockquote|figure|figcaption|pre)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"<[/!a-zA-Z][^<>]*>")
_MARKS = {Trend.UP: "▲{}", Trend.DOWN: "▼{}", Trend.NEW: "NEW", Trend.SAME: "–"}  # noqa: RUF001 - an en dash is meant


def article_entry(
    article: ResolvedArticle,
    *,
    publication: Publication,
    content: Literal["full", "excerpt"],
    origins: Mapping[str, EntrySource] = MappingProxyType({}),
) -> FeedEntry:
    """Return one article as an entry; with `excerpt` it has its summary only.

    `origins` are the feeds that articles were taken from, by the name of the source.
    """
    published = article.published and _seconds(article.published, publication.timezone)
    return FeedEntry(
        id=article.id,
        url=_link(article.url),
        title=article.title,
        authors=names(article.authors),
        published=published,
        updated=_seconds(updated(article), publication.timezone),
        summary=_summary(article),
        content=article.content if content == "full" else "",
        image=_image(article),
        tags=article.tags,
        section=article.section,
        language=article.language,
        credit=" ".join(names([article.credit])),
        origin=origins.get(article.source),
    )


def edition_entry(
    *,
    key: str,
    title: str,
    at: datetime,
    articles: Sequence[ResolvedArticle],
    hot: Sequence[HotEntry],
    hot_title: str,
    publication: Publication,
) -> FeedEntry:
    """Return an edition as an entry: a plain list of its articles, and its hot list below `hot_title`. It ended at `at`."""
    latest = max([at, *(updated(article) for article in articles)])
    parts = [_list("ul", [(article.title, article.url, "") for article in articles])]
    if hot:
        known = {article.id: article.url for article in articles}
        places = sorted(hot, key=lambda place: place.rank)
        rows = [
            (place.title, place.url or known.get(place.article, ""), _movement(place.movement))
            for place in places
        ]
        parts.append(f"<h2>{escape(hot_title)}</h2>{_list('ol', rows)}")
    return FeedEntry(
        id=f"tag:{publication.domain},{key[:4]}:edition:{key}",
        url=f"{publication.feeds_url}{archive_path(key)}",
        title=title,
        published=_seconds(at, publication.timezone),
        updated=_seconds(latest, publication.timezone),
        summary=cut(" · ".join(article.title for article in articles), SUMMARY_LENGTH),
        content="".join(parts),
    )


def _list(tag: str, rows: Sequence[tuple[str, str, str]]) -> str:
    items = "".join(f"<li>{_linked(title, _link(url))}{escape(mark)}</li>" for title, url, mark in rows)
    return f"<{tag}>{items}</{tag}>"


def _linked(title: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(title)}</a>' if url else escape(title)


def updated(article: Article) -> datetime:
    """Return when its content last changed; if it never did, when it was published."""
    if article.changed > article.first_seen:
        return max(article.changed, article.dated)
    return article.dated


def hot_entries(
    hot: Sequence[HotEntry],
    *,
    publication: Publication,
    edition_key: str,
    articles: Mapping[str, ResolvedArticle],
    at: datetime,
) -> tuple[FeedEntry, ...]:
    """Return the hot list of the edition `edition_key`, which ended at `at`, in rank order; `articles` by id, as far as they are known.

    Their ids differ from those of the articles, so that a feed reader does not take a story and its place for one entry. An article or a
    title that is there twice is given once, at its better place. Each place is dated a second before the one above: feed readers sort by
    time, and RFC 4287 leaves the order open.
    """
    entries: list[FeedEntry] = []
    seen: set[str] = set()
    for place in sorted(hot, key=lambda entry: entry.rank):
        keys = {f"title {place.title}"} | ({f"article {place.article}"} if place.article else set())
        if seen & keys:
            continue
        seen |= keys
        time = _seconds(_seconds(at, UTC) - timedelta(seconds=len(entries)), publication.timezone)
        entries.append(_hot_entry(place, articles.get(place.article), publication, edition_key, time))
    return tuple(entries)


def _hot_entry(
    place: HotEntry,
    article: ResolvedArticle | None,
    publication: Publication,
    edition_key: str,
    time: datetime,
) -> FeedEntry:
    # By title, not by article: a title may be matched to an article later, and the id must not change then.
    digest = hashlib.sha256(place.title.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    mark = f"{place.rank}{_movement(place.movement)}"
    summary = _summary(article) if article else ""
    return FeedEntry(
        id=f"tag:{publication.domain},{edition_key[:4]}:hot:{edition_key}:{digest}",
        url=_link(article.url if article else place.url),
        title=place.title,
        authors=names(article.authors) if article else (),
        published=time,
        updated=time,
        summary=f"{mark} — {summary}" if summary else mark,
        content=f"<p><strong>{escape(mark)}</strong></p>" + (f"<p>{escape(summary)}</p>" if summary else ""),
        image=_image(article) if article else None,
        section=place.section or (article.section if article else ""),
        language=article.language if article else "",
        credit=" ".join(names([article.credit])) if article else "",
    )


def _movement(movement: Movement | None) -> str:
    return f" {_MARKS[movement.trend].format(movement.places)}" if movement else ""


def _summary(article: ResolvedArticle) -> str:
    text = article.summary or unescape(_TAG.sub("", _BLOCK.sub(" ", article.content)))
    return cut(text, SUMMARY_LENGTH)


def _image(article: ResolvedArticle) -> Image | None:
    image = article.image
    if image is None or not _link(image.src):
        return None
    return Image(_link(image.src), image.alt, image.width, image.height, image.type, image.length)


def _link(address: str) -> str:
    """Return the address as a URI if it is http or https, else ""."""
    return uri(address) if address.lower().startswith(("https://", "http://")) else ""


def _seconds(time: datetime, zone: tzinfo) -> datetime:
    """Return `time` in the publication's zone, without microseconds; in UTC if the offset of that zone had seconds, which RFC 3339 §5.6
    cannot express. Raises ValueError for a naive time.
    """
    if time.utcoffset() is None:
        raise ValueError(f"the time {time} has no zone")
    local = time.astimezone(zone).replace(microsecond=0)
    offset = local.utcoffset()
    return local.astimezone(UTC) if offset is None or offset.total_seconds() % 60 else local
