"""Answers about articles: lists of collected ones, every fact about one, and what a page that is not collected would give."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from typing import Any

from syndication.collect.text.links import is_of_site
from syndication.compose.membership import members
from syndication.domain.article import Article, Source, SourceKind
from syndication.domain.published import Filing
from syndication.domain.slug import slugify
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.store.articles.archive import ArticleFilter, Listed


@dataclass(frozen=True, slots=True)
class ArticleFate:
    """An article and what became of it; of one in no edition, the edition that is `coming` for it, or why it is in the `backlog`."""

    listed: Listed
    coming: WeekKey | None
    backlog: str


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """Everything about an article; `sources` begins with its own."""

    fate: ArticleFate
    article: Article
    sources: tuple[str, ...]


async def find_article(app: App, name: str) -> Filing:
    """Return the article with the id, address or slug `name`. Raises UsageError when none or several have it."""
    pages = f"{app.publication.feeds_url}articles/"
    slug = name.removeprefix(pages).removesuffix(".html") if name.startswith(pages) else name
    found = await app.store.withdrawals.find(name, slug=slug)
    if not found:
        raise UsageError(
            f"No article has the id, address or slug {name!r}.",
            "`syndicate articles list` shows ids and addresses, and so do the entries of the feeds.",
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
    return [schedule.fate(listed) for listed in await app.store.archive.listed(wanted)]


async def article_facts(app: App, name: str) -> ArticleFacts:
    """Return every fact about the article with the id, address or slug `name`. Raises UsageError as `find_article` does."""
    found = (await find_article(app, name)).article
    article = (await app.store.articles.get([found.id]))[found.id]
    listed = await app.store.archive.one(found.id)
    return ArticleFacts((await _schedule(app)).fate(listed), article, await _sources(app, article))


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

    def fate(self, listed: Listed) -> ArticleFate:
        """Return what became of an article, or will."""
        settled = listed.edition or listed.withdrawn
        coming, backlog = (None, "") if settled else self._future(listed.article)
        return ArticleFate(listed, coming, backlog)

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


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """A field's value, times in the publication's zone, and where on the page it comes from."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class ExplainedPage:
    """What a page gives; `why` it is not an article, or not one for a sitemap."""

    url: str
    article: bool
    why: str
    fields: Mapping[str, ExplainedField]


async def explain_page(app: App, url: str, *, allow_private: bool) -> ExplainedPage:
    """Fetch the page at `url`, read it as the source of pages on its site does, if there is one, and return what it gives.

    Raises CollectError when it cannot be fetched.
    """
    source = next(
        (each for each in app.sources if each.kind.has_pages and is_of_site(url, each.location)),
        Source("explain", SourceKind.PAGE, url),
    )
    if allow_private:
        source = replace(source, allow_private=True)
    page = await app.collector.explain(source, url, now=app.clock())
    fields = {
        name: ExplainedField(_value(found.value, app), str(found.origin))
        for name, found in page.fields.items()
    }
    return ExplainedPage(url, page.article is not None, page.refusal or page.doubt, fields)


def _value(value: Any, app: App) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(app.publication.timezone).isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {name: each for name, each in asdict(value).items() if each}
    return value
