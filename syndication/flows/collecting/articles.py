"""Answers about collected articles: lists of them, and one with every fact and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syndication.compose.membership import members
from syndication.domain.article import Article
from syndication.domain.published import Filing
from syndication.domain.slug import slugify
from syndication.domain.text import plain
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.store.articles.archive import ArticleFilter, Listed

__all__ = ["ArticleFacts", "ArticleFate", "article_facts", "find_article", "list_articles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFate:
    """An article and what became of it: the edition it is in, the one that is `coming` for it, or why it is in the backlog.

    Times are in the publication's zone.
    """

    id: str
    title: str
    url: str
    slug: str
    source: str
    section: str
    published: datetime | None
    dated: datetime
    edition: WeekKey | None
    coming: WeekKey | None
    backlog: str
    withdrawn: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFacts(ArticleFate):
    """Everything about an article; `reason` is why it was withdrawn, `sources` begins with its own."""

    sources: tuple[str, ...]
    authors: tuple[str, ...]
    updated: datetime | None
    first_seen: datetime
    changed: datetime
    language: str
    tags: tuple[str, ...]
    image: str  # address
    credit: str
    summary: str
    characters: int
    keys: tuple[str, ...]
    reason: str
    content: str


async def find_article(app: App, name: str) -> Filing:
    """Return the article with the id, address or slug `name`. Raises UsageError when none or several have it."""
    pages = f"{app.publication.feeds_url}articles/"
    slug = name.removeprefix(pages).removesuffix(".html") if name.startswith(pages) else name
    found = await app.store.withdrawals.find(name, slug=slug)
    if not found:
        raise UsageError(
            f"No article has the id, address or slug {name!r}.",
            "Its entry in a feed names its id and its address, and so does `syndicate articles list`.",
        )
    if len(found) > 1:
        several = ", ".join(f"{each.article.id} (“{each.article.title}”)" for each in found)
        raise UsageError(f"{name!r} may be {several}.", "Name one by its id.")
    return found[0]


async def list_articles(
    app: App, *, week: WeekKey | None, section: str, source: str, since: datetime | None, limit: int
) -> list[ArticleFate]:
    """Return at most `limit` of the newest matching articles. Raises UsageError for an unknown section or source."""
    wanted = ArticleFilter(
        week=(week, *app.edition.cutoff.window(week)) if week else None,
        sections=await _spellings(app, section),
        source=await _known_source(app, source),
        since=since,
        limit=limit,
    )
    schedule = await _schedule(app)
    return [ArticleFate(**schedule.fate(listed)) for listed in await app.store.archive.listed(wanted)]


async def article_facts(app: App, name: str) -> ArticleFacts:
    """Return every fact about the article with the id, address or slug `name`. Raises UsageError as `find_article` does."""
    found = (await find_article(app, name)).article
    article = (await app.store.articles.get([found.id]))[found.id]
    listed = await app.store.archive.one(found.id)
    schedule = await _schedule(app)
    return ArticleFacts(
        **schedule.fate(listed),
        sources=await _sources(app, article),
        authors=tuple(article.authors),
        updated=schedule.local(article.updated),
        first_seen=article.first_seen.astimezone(app.publication.timezone),
        changed=article.changed.astimezone(app.publication.timezone),
        language=article.language or app.publication.language,
        tags=tuple(article.tags),
        image=article.image.src if article.image else "",
        credit=article.credit,
        summary=article.summary,
        characters=len(plain(article.content)),
        keys=tuple(article.keys),
        reason=listed.reason,
        content=article.content,
    )


async def _spellings(app: App, section: str) -> tuple[str, ...]:
    """Return every spelling of a section that is given by its name or its slug."""
    known = await app.store.articles.sections() if section else ()
    found = tuple(name for name in known if section == name or slugify(section) == slugify(name))
    if section and not found:
        raise UsageError(
            f"No article is in a section {section!r}.", f"There are: {', '.join(known) or 'none'}."
        )
    return found


async def _known_source(app: App, source: str) -> str:
    if source:
        known = {each.name for each in app.sources} | {
            each.name for each in await app.store.sources.states() if each.name
        }
        if source not in known:
            raise UsageError(f"There is no source {source!r}.", f"There are: {', '.join(sorted(known))}.")
    return source


async def _sources(app: App, article: Article) -> tuple[str, ...]:
    """Return its own source, then the others that carry it: under a guid of theirs, or as one of their pages."""
    listing = await app.store.pages.listing(article.url)
    others = (
        each.name
        for each in app.sources
        if each.name in listing or any(key.startswith(f"guid:{each.name}:") for key in article.keys)
    )
    return tuple(dict.fromkeys((article.source, *others)))


@dataclass(frozen=True, slots=True)
class _Schedule:
    """Tells the edition of an article that is in none: `coming` is the edition that the next run makes."""

    app: App
    coming: WeekKey
    first: WeekKey | None

    def fate(self, listed: Listed) -> dict[str, Any]:
        """Return the fields of `ArticleFate`."""
        article, edition = listed.article, listed.edition
        coming, backlog = (None, "") if edition or listed.withdrawn else self._future(article)
        return {
            "id": article.id,
            "title": article.title,
            "url": article.url,
            "slug": article.slug,
            "source": article.source,
            "section": article.section,
            "published": self.local(article.published),
            "dated": self.local(article.dated),
            "edition": edition,
            "coming": coming,
            "backlog": backlog,
            "withdrawn": self.local(listed.withdrawn),
        }

    def local(self, time: datetime | None) -> datetime | None:
        """Return a time in the publication's zone."""
        return time.astimezone(self.app.publication.timezone) if time else None

    def _future(self, article: Article) -> tuple[WeekKey | None, str]:
        """Return the edition that an article is for, or why it is never mailed."""
        cutoff = self.app.edition.cutoff
        sorted_in = members([article], key=self.coming, cutoff=cutoff, first=self.first, past=False)
        if sorted_in.backlog:
            return None, sorted_in.backlog[0][1]
        if sorted_in.members:
            return self.coming, ""
        passed = cutoff.latest(article.dated)
        return passed if cutoff.at(passed) == article.dated else passed.shifted(1), ""


async def _schedule(app: App) -> _Schedule:
    frozen = await app.store.editions.frozen()
    latest = app.edition.cutoff.latest(app.clock())
    coming = latest.shifted(1) if latest in frozen else latest
    return _Schedule(app, coming, await app.store.editions.first())
