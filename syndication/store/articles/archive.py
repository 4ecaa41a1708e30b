"""Articles without their content, for lists: what the editions hold, what is new, and searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from syndication.domain.article import Article
from syndication.domain.hotlist import HotEntry
from syndication.domain.week import WeekKey
from syndication.store.articles.articles import LIGHT, article_of
from syndication.store.editions.editions import hot_entry
from syndication.store.repository import Repository, reads
from syndication.store.tables.articles import article_keys, articles, pages
from syndication.store.tables.editions import edition_articles, hot_entries


@dataclass(frozen=True, slots=True)
class Contents:
    """An edition's articles in their current state, without their content and without withdrawn ones, and its ranking as frozen."""

    articles: tuple[Article, ...]
    hot: tuple[HotEntry, ...]


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """A search for articles. `week` is an edition with its window: it finds the edition's articles, and those of no edition that are
    dated in the window.
    """

    week: tuple[WeekKey, datetime, datetime] | None = None
    sections: Sequence[str] = ()
    source: str = (
        ""  # the article's own source, or another that carries it: under a guid, or as one of its pages
    )
    since: datetime | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """An article, its edition and its withdrawal, with the reason for that."""

    article: Article
    edition: WeekKey | None
    withdrawn: datetime | None
    reason: str


class Archive(Repository):
    """Queries over many articles."""

    @reads
    def contents(self, connection: Connection, keys: Sequence[WeekKey]) -> dict[WeekKey, Contents]:
        """Return what each of these editions holds."""
        texts = [str(key) for key in keys]
        members = (
            select(*LIGHT, edition_articles.c.edition)
            .join(edition_articles, edition_articles.c.article == articles.c.id)
            .where(edition_articles.c.edition.in_(texts), articles.c.withdrawn.is_(None))
            .order_by(edition_articles.c.edition, edition_articles.c.position)
        )
        ranking = select(hot_entries).where(hot_entries.c.edition.in_(texts)).order_by(hot_entries.c.rank)
        held: dict[str, list[Article]] = {text: [] for text in texts}
        ranked: dict[str, list[HotEntry]] = {text: [] for text in texts}
        for row in connection.execute(members):
            held[row.edition].append(article_of(row))
        for row in connection.execute(ranking):
            ranked[row.edition].append(hot_entry(row))
        return {key: Contents(tuple(held[str(key)]), tuple(ranked[str(key)])) for key in keys}

    @reads
    def latest(self, connection: Connection, limit: int, *, until: datetime) -> tuple[str, ...]:
        """Return the ids of the newest articles dated at or before `until`: newest first, equal times in the order of ids."""
        c = articles.c
        query = (
            select(c.id)
            .where(c.withdrawn.is_(None), c.dated <= until)
            .order_by(c.dated.desc(), c.id)
            .limit(limit)
        )
        return tuple(connection.execute(query).scalars())

    @reads
    def listed(self, connection: Connection, wanted: ArticleFilter) -> tuple[Listed, ...]:
        """Return the articles that `wanted` describes, withdrawn ones too, newest first."""
        c, member = articles.c, edition_articles.c
        query = select(*LIGHT, member.edition).outerjoin(edition_articles, member.article == c.id)
        if wanted.week:
            key, begins, ends = wanted.week
            in_window = and_(member.edition.is_(None), c.dated > begins, c.dated <= ends)
            query = query.where(or_(member.edition == str(key), in_window))
        if wanted.sections:
            query = query.where(c.section.in_(wanted.sections))
        if wanted.source:
            guid = article_keys.c.key.startswith(f"guid:{wanted.source}:", autoescape=True)
            carried = select(article_keys.c.article).where(article_keys.c.article == c.id, guid).exists()
            here = (pages.c.source == wanted.source, pages.c.url == c.url, pages.c.published.is_not(None))
            listed = select(pages.c.url).where(*here).exists()
            query = query.where(or_(c.source == wanted.source, carried, listed))
        if wanted.since:
            query = query.where(c.dated >= wanted.since)
        ordered = query.order_by(c.dated.desc(), c.id).limit(wanted.limit)
        return tuple(map(_listed, connection.execute(ordered)))

    @reads
    def one(self, connection: Connection, article: str) -> Listed:
        """Return the article with the id `article`, which must exist."""
        query = (
            select(*LIGHT, edition_articles.c.edition)
            .outerjoin(edition_articles, edition_articles.c.article == articles.c.id)
            .where(articles.c.id == article)
        )
        return _listed(connection.execute(query).one())

    @reads
    def recent_news(
        self, connection: Connection, limit: int, *, since: datetime, until: datetime
    ) -> tuple[Article, ...]:
        """Return the newest articles that have a publication time, newest first."""
        c = articles.c
        query = (
            select(*LIGHT)
            .where(c.dated.between(since, until), c.published.is_not(None), c.withdrawn.is_(None))
            .order_by(c.dated.desc(), c.id)
            .limit(limit)
        )
        return tuple(map(article_of, connection.execute(query)))


def _listed(row: Any) -> Listed:
    edition = WeekKey.parse(row.edition) if row.edition else None
    return Listed(article_of(row), edition, row.withdrawn, row.reason)
