"""Articles for lists, without their content: what the editions hold, and what is fresh."""

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
from syndication.store.engine import Database
from syndication.store.tables.articles import article_keys, articles, pages
from syndication.store.tables.editions import edition_articles, hot_entries

__all__ = ["Archive", "Contents", "Listed", "Wanted"]


@dataclass(frozen=True, slots=True)
class Contents:
    """An edition's articles as they are by now, without their content and without the withdrawn; and its ranking as frozen."""

    articles: tuple[Article, ...]
    hot: tuple[HotEntry, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person looks for. `week` is an edition with its window: what stands in it, and what is of no edition and dated in that week."""

    week: tuple[WeekKey, datetime, datetime] | None = None
    sections: Sequence[str] = ()
    source: str = ""  # whose own it is, or that carries it: under a guid, or as one of its pages
    since: datetime | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """An article and what became of it. `reason` is that of the withdrawal."""

    article: Article
    edition: WeekKey | None
    withdrawn: datetime | None
    reason: str


class Archive:
    """Questions about many articles at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def contents(self, keys: Sequence[WeekKey]) -> dict[WeekKey, Contents]:
        """What each edition holds."""
        texts = [str(key) for key in keys]
        members = (
            select(*LIGHT, edition_articles.c.edition)
            .join(edition_articles, edition_articles.c.article == articles.c.id)
            .where(edition_articles.c.edition.in_(texts), articles.c.withdrawn.is_(None))
            .order_by(edition_articles.c.edition, edition_articles.c.position)
        )
        places = select(hot_entries).where(hot_entries.c.edition.in_(texts)).order_by(hot_entries.c.rank)

        def answer(connection: Connection) -> dict[WeekKey, Contents]:
            held: dict[str, list[Article]] = {text: [] for text in texts}
            ranked: dict[str, list[HotEntry]] = {text: [] for text in texts}
            for row in connection.execute(members):
                held[row.edition].append(article_of(row))
            for row in connection.execute(places):
                ranked[row.edition].append(hot_entry(row))
            return {key: Contents(tuple(held[str(key)]), tuple(ranked[str(key)])) for key in keys}

        return await self._database.read(answer)

    async def latest(self, limit: int, *, until: datetime) -> tuple[str, ...]:
        """The ids of the newest articles dated at or before `until`, newest first, equal times in the order of ids."""
        c = articles.c
        question = (
            select(c.id)
            .where(c.withdrawn.is_(None), c.dated <= until)
            .order_by(c.dated.desc(), c.id)
            .limit(limit)
        )
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def listed(self, wanted: Wanted) -> tuple[Listed, ...]:
        """The articles that are wanted, withdrawn ones too, newest first."""
        c, member = articles.c, edition_articles.c
        question = select(*LIGHT, member.edition).outerjoin(edition_articles, member.article == c.id)
        if wanted.week:
            key, begins, ends = wanted.week
            in_window = and_(member.edition.is_(None), c.dated > begins, c.dated <= ends)
            question = question.where(or_(member.edition == str(key), in_window))
        if wanted.sections:
            question = question.where(c.section.in_(wanted.sections))
        if wanted.source:
            guid = article_keys.c.key.startswith(f"guid:{wanted.source}:", autoescape=True)
            carried = select(article_keys.c.article).where(article_keys.c.article == c.id, guid).exists()
            here = (pages.c.source == wanted.source, pages.c.url == c.url, pages.c.published.is_not(None))
            listed = select(pages.c.url).where(*here).exists()
            question = question.where(or_(c.source == wanted.source, carried, listed))
        if wanted.since:
            question = question.where(c.dated >= wanted.since)
        ordered = question.order_by(c.dated.desc(), c.id).limit(wanted.limit)
        return await self._database.read(lambda connection: tuple(map(_listed, connection.execute(ordered))))

    async def one(self, article: str) -> Listed:
        """What became of the article with the id `article`, which there is."""
        question = (
            select(*LIGHT, edition_articles.c.edition)
            .outerjoin(edition_articles, edition_articles.c.article == articles.c.id)
            .where(articles.c.id == article)
        )
        return await self._database.read(lambda connection: _listed(connection.execute(question).one()))

    async def recent_news(self, limit: int, *, since: datetime, until: datetime) -> tuple[Article, ...]:
        """The newest articles that say when they were published, without their content."""
        c = articles.c
        question = (
            select(*LIGHT)
            .where(c.dated.between(since, until), c.published.is_not(None), c.withdrawn.is_(None))
            .order_by(c.dated.desc(), c.id)
            .limit(limit)
        )
        return await self._database.read(
            lambda connection: tuple(map(article_of, connection.execute(question)))
        )


def _listed(row: Any) -> Listed:
    edition = WeekKey.parse(row.edition) if row.edition else None
    return Listed(article_of(row), edition, row.withdrawn, row.reason)
