"""The edition's hot list: which of the collected lists is used, which article each line means, and how it moved."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from syndication.domain.article import ResolvedArticle
from syndication.domain.hot_account import HotPlace, MatchKind
from syndication.domain.hotlist import HotEntry, HotLine, HotList, match_title, movement, normalise_title

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|ref_src")


def choose(lists: Sequence[HotList], cutoff: datetime) -> HotList | None:
    """Choose the list for the edition that ends at `cutoff`, or None.

    Pages up to the cut-off come first: the newest, or the last by origin of equally new ones. Then a list without a date (a file),
    then the first page after the cut-off, so that a past week gets a list near it.
    """
    filled = [found for found in lists if found.lines]
    before = [found for found in filled if found.published and found.published <= cutoff]
    undated = [found for found in filled if not found.published]
    after = [found for found in filled if found.published and found.published > cutoff]
    if before or undated:
        return max(before or undated, key=_published)
    soonest = min((_published(found)[0] for found in after), default=None)
    return max((found for found in after if found.published == soonest), key=_published, default=None)


def _published(found: HotList) -> tuple[datetime, str, str]:
    return (found.published or _LONG_AGO, found.origin, found.source)


def by_visitors(visitors: Mapping[str, int], articles: Sequence[ResolvedArticle], origin: str) -> HotList:
    """Rank the articles that were read by their visitors in the whole week: a score with a half-life would favour its last day.

    Of two with the same number the newer comes first, because it had less time; then the title decides.
    """
    read = sorted(
        (article for article in articles if article.id in visitors), key=lambda article: article.tie
    )
    read.sort(key=lambda article: article.dated, reverse=True)
    read.sort(key=lambda article: visitors[article.id], reverse=True)
    lines = (
        HotLine(rank, article.title, article.url, float(visitors[article.id]))
        for rank, article in enumerate(read, start=1)
    )
    return HotList("access-log", origin, tuple(lines))


def rank(
    chosen: HotList | None,
    articles: Sequence[ResolvedArticle],
    previous: tuple[HotEntry, ...] | None,
    limit: int,
) -> tuple[HotPlace, ...]:
    """Return at most `limit` places, numbered from 1, each article once. A line without a known article is kept, with its URL if any.

    `previous` is the nearest earlier edition's list; without one, in a first edition, there are no movements.
    """
    if chosen is None:
        return ()
    known = _Known.of(articles)
    places: list[HotPlace] = []
    for place in _once(chosen.lines, known):
        if len(places) == limit:
            break
        entry = replace(place.entry, rank=len(places) + 1)
        places.append(replace(place, entry=replace(entry, movement=movement(entry, previous))))
    return tuple(places)


def link_articles(entries: Sequence[HotEntry], articles: Sequence[ResolvedArticle]) -> tuple[HotEntry, ...]:
    """Return the entries of an earlier ranking, linked to those `articles` that have become known since; nothing else changes."""
    known = _Known.of(articles)
    taken = {entry.article for entry in entries if entry.article}
    found: list[HotEntry] = []
    for entry in entries:
        line = HotLine(entry.rank, entry.title, entry.url)
        article = None if entry.article else known.meant_by(line)[0]
        if article and article.id not in taken:
            taken.add(article.id)
            entry = replace(entry, url=article.url, article=article.id, section=article.section)  # noqa: PLW2901
        found.append(entry)
    return tuple(found)


def _once(lines: Sequence[HotLine], known: "_Known") -> Iterator[HotPlace]:
    """Yield the places in the order of the list. An article, or a title without one, that is repeated is left out."""
    seen: set[str] = set()
    for line in sorted(lines, key=lambda line: line.rank):
        article, meant, ratio = known.meant_by(line)
        title = line.title.strip() or (article.title if article else "")
        identity = article.id if article else normalise_title(title)
        if not title or identity in seen:  # an unknown address without a title has nothing to show
            continue
        seen.add(identity)
        url, section, number = (article.url, article.section, article.id) if article else (line.url, "", "")
        yield HotPlace(HotEntry(line.rank, title, url, number, section, line.score), line, meant, ratio)


@dataclass(frozen=True, slots=True)
class _Known:
    """The articles by everything a line may name. A title that several share means the newest: a line does not mean last month's column."""

    by_id: Mapping[str, ResolvedArticle]
    by_address: Mapping[str, str]
    by_title: Mapping[str, str]

    @classmethod
    def of(cls, articles: Sequence[ResolvedArticle]) -> "_Known":
        oldest_first = sorted(articles, key=lambda article: (article.dated, article.tie))
        return cls(
            {article.id: article for article in oldest_first},
            {_address(article.url): article.id for article in oldest_first if article.url},
            {normalise_title(article.title): article.id for article in oldest_first},
        )

    def meant_by(self, line: HotLine) -> tuple[ResolvedArticle | None, MatchKind, float]:
        """Return the article, how the line was matched to it, and the ratio of their titles if that decided."""
        found = self.by_address.get(_address(line.url)) if line.url else None
        if found:
            return self.by_id[found], MatchKind.ADDRESS, 1.0
        match = match_title(line.title, self.by_title) if line.title.strip() else None
        if match is None:
            return None, MatchKind.NONE, 0.0
        return self.by_id[match.article], MatchKind.NEAR if match.ratio < 1 else MatchKind.TITLE, match.ratio


def _address(url: str) -> str:
    """Return `url` for comparison: without scheme, `www.`, default port, trailing slash, fragment and tracking parameters."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").removeprefix("www.")
    query = sorted(
        pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])
    )
    return f"{host}:{'' if port in (80, 443, None) else port}{unquote(parts.path).rstrip('/')}?{query}"


def without_withdrawn(
    hot: Sequence[HotEntry], gone: Collection[str], titles: Iterable[str]
) -> tuple[HotEntry, ...]:
    """Return the places without those of withdrawn articles, by their ids or titles; the others keep their ranks."""
    named = {normalise_title(title) for title in titles}
    return tuple(
        entry for entry in hot if entry.article not in gone and normalise_title(entry.title) not in named
    )
