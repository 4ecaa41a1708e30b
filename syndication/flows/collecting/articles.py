"""What was collected, as a person asks for it: lists of articles, and one with every fact and what became of it."""

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

__all__ = ["article_facts", "article_list", "named"]


async def named(app: App, wanted: str) -> Filing:
    """The article with the id, address or slug `wanted`. Raises UsageError for one that is not known or more than one."""
    pages = f"{app.publication.feeds_url}articles/"
    slug = wanted.removeprefix(pages).removesuffix(".html") if wanted.startswith(pages) else wanted
    found = await app.store.withdrawals.find(wanted, slug=slug)
    if not found:
        raise UsageError(
            f"No article has the id, address or slug {wanted!r}.",
            "Its entry in a feed names its id and its address, and so does `syndicate articles list`.",
        )
    if len(found) > 1:
        several = ", ".join(f"{one.article.id} (“{one.article.title}”)" for one in found)
        raise UsageError(f"{wanted!r} may be {several}.", "Name one by its id.")
    return found[0]


async def article_list(
    app: App, *, week: WeekKey | None, section: str, source: str, since: datetime | None, limit: int
) -> list[dict[str, Any]]:
    """The newest articles that fit, at most `limit`. Raises UsageError for a section or a source that there is not."""
    wanted = ArticleFilter(
        week=(week, *app.edition.cutoff.window(week)) if week else None,
        sections=await _sections(app, section),
        source=await _source(app, source),
        since=since,
        limit=limit,
    )
    fate = await _fate(app)
    return [_line(listed, fate) for listed in await app.store.archive.listed(wanted)]


async def article_facts(app: App, wanted: str) -> dict[str, Any]:
    """Every fact about the article with the id, address or slug `wanted`. Raises UsageError like `named`."""
    article = (await named(app, wanted)).article
    whole = (await app.store.articles.get([article.id]))[article.id]
    listed = await app.store.archive.one(article.id)
    image = whole.image
    return _line(listed, await _fate(app)) | {
        "sources": await _sources(app, whole),
        "authors": list(whole.authors),
        "updated": whole.updated,
        "first_seen": whole.first_seen,
        "changed": whole.changed,
        "language": whole.language or app.publication.language,
        "tags": list(whole.tags),
        "image": image.src if image else "",
        "credit": whole.credit,
        "summary": whole.summary,
        "characters": len(plain(whole.content)),
        "keys": list(whole.keys),
        "reason": listed.reason,
        "content": whole.content,
    }


async def _sections(app: App, section: str) -> tuple[str, ...]:
    """Every spelling of a section that is given by its name or its slug."""
    known = await app.store.articles.sections() if section else ()
    found = tuple(name for name in known if section == name or slugify(section) == slugify(name))
    if section and not found:
        raise UsageError(
            f"No article stands in a section {section!r}.", f"There are: {', '.join(known) or 'none'}."
        )
    return found


async def _source(app: App, source: str) -> str:
    if source:
        known = {each.name for each in app.sources} | {
            each.name for each in await app.store.sources.states() if each.name
        }
        if source not in known:
            raise UsageError(f"There is no source {source!r}.", f"There are: {', '.join(sorted(known))}.")
    return source


async def _sources(app: App, article: Article) -> list[str]:
    """Its own, then the others that carry it: under a guid of theirs, or as one of their pages."""
    listing = await app.store.pages.listing(article.url)
    others = (
        each.name
        for each in app.sources
        if each.name in listing or any(key.startswith(f"guid:{each.name}:") for key in article.keys)
    )
    return list(dict.fromkeys((article.source, *others)))


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of articles that are in no edition: `coming` is the edition that the next run makes."""

    app: App
    coming: WeekKey
    first: WeekKey | None

    def of(self, article: Article) -> tuple[WeekKey | None, str]:
        """The edition that it is for, or why it is never mailed."""
        cutoff = self.app.edition.cutoff
        sorted_in = members([article], key=self.coming, cutoff=cutoff, first=self.first, past=False)
        if sorted_in.backlog:
            return None, sorted_in.backlog[0][1]
        if sorted_in.members:
            return self.coming, ""
        passed = cutoff.latest(article.dated)
        return passed if cutoff.at(passed) == article.dated else passed.shifted(1), ""


async def _fate(app: App) -> _Fate:
    frozen = await app.store.editions.frozen()
    latest = app.edition.cutoff.latest(app.clock())
    coming = latest.shifted(1) if latest in frozen else latest
    return _Fate(app, coming, await app.store.editions.first())


def _line(listed: Listed, fate: _Fate) -> dict[str, Any]:
    article, edition = listed.article, listed.edition
    coming, backlog = (None, "") if edition or listed.withdrawn else fate.of(article)
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "slug": article.slug,
        "source": article.source,
        "section": article.section,
        "published": article.published,
        "dated": article.dated,
        "edition": str(edition) if edition else None,
        "coming": str(coming) if coming else None,
        "backlog": backlog,
        "withdrawn": listed.withdrawn,
    }
