"""Articles for lists, without their content: what the editions hold, and what is fresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from syndication.domain.article import Article
from syndication.domain.hotlist import HotEntry
from syndication.domain.week import WeekKey
from syndication.store.articles import LIGHT, article_of
from syndication.store.editions import hot_entry
from syndication.store.engine import Database
from syndication.store.tables import articles, edition_articles, hot_entries

__all__ = ["Archive", "Contents"]


@dataclass(frozen=True, slots=True)
class Contents:
    """An edition's articles as they are by now, without their content and without the withdrawn; and its ranking as frozen."""

    articles: tuple[Article, ...]
    hot: tuple[HotEntry, ...]


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

    async def fresh(self, limit: int, *, since: datetime, until: datetime) -> tuple[Article, ...]:
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
