"""What was collected. One piece is one article, however many sources carry it and however often it is edited."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from syndication.domain.article import Article, Image, Merged, ParsedArticle, Source
from syndication.store.articles.merge import merge
from syndication.store.engine import Database, lock
from syndication.store.tables.articles import article_keys, articles
from syndication.store.tables.editions import edition_articles

__all__ = ["LIGHT", "Articles", "article_of"]

CHUNK = 500  # values of one IN
# An article's row without what weighs.
LIGHT = (*(column for column in articles.c if column.name != "content"), literal("").label("content"))
_FREE = ~select(edition_articles.c.article).where(edition_articles.c.article == articles.c.id).exists()


class Articles:
    """Articles as kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def merge(
        self,
        source: Source,
        parsed: Sequence[ParsedArticle],
        *,
        others: Collection[str],
        now: datetime,
        mint: Callable[[], str],
        backlog: Callable[[ParsedArticle], str],
    ) -> Merged:
        """Take over what `source` shows, in one transaction (the rules stand in `store/articles/merge.py`).

        `others` are the names of the other sources that are configured: what they brought stays theirs. `mint` makes the id of a new article, `backlog` says why a new one is never mailed, or "".
        """

        def change(connection: Connection) -> Merged:
            lock(connection, "articles")
            return merge(connection, source, parsed, others=others, now=now, mint=mint, backlog=backlog)

        return await self._database.write(change)

    async def latest(self, limit: int, *, until: datetime) -> tuple[Article, ...]:
        """The newest articles dated at or before `until`, newest first, equal times by id."""
        return await self._select(articles.c.dated <= until, limit=limit)

    async def unassigned(self, *, since: datetime, until: datetime) -> tuple[Article, ...]:
        """The articles of no edition, dated from `since` up to and including `until`, newest first."""
        return await self._select(_FREE, articles.c.dated.between(since, until))

    async def older(self, before: datetime) -> dict[str, int]:
        """How many articles of no edition are dated before `before`, by their reason for the backlog, which may be empty."""
        question = (
            select(articles.c.backlog, func.count())
            .where(_FREE, articles.c.withdrawn.is_(None), articles.c.dated < before)
            .group_by(articles.c.backlog)
        )
        return await self._database.read(
            lambda connection: {row[0]: row[1] for row in connection.execute(question)}
        )

    async def waiting(self, after: datetime) -> int:
        """How many articles of no edition are dated later than `after`."""
        question = (
            select(func.count())
            .select_from(articles)
            .where(_FREE, articles.c.withdrawn.is_(None), articles.c.dated > after)
        )
        return await self._database.read(lambda connection: connection.execute(question).scalar_one())

    async def count(self) -> int:
        """How many articles there are, without the withdrawn."""
        question = select(func.count()).select_from(articles).where(articles.c.withdrawn.is_(None))
        return await self._database.read(lambda connection: connection.execute(question).scalar_one())

    async def sections(self) -> tuple[str, ...]:
        """The names of the sections that articles stand in."""
        question = (
            select(articles.c.section).where(articles.c.section != "").distinct().order_by(articles.c.section)
        )
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def recent(self, *, since: datetime, until: datetime) -> tuple[Article, ...]:
        """The articles dated from `since` up to and including `until`, newest first."""
        return await self._select(articles.c.dated.between(since, until))

    async def get(self, ids: Iterable[str]) -> dict[str, Article]:
        """The articles with these ids, withdrawn ones too; unknown ids are left out."""
        wanted = list(dict.fromkeys(ids))

        def answer(connection: Connection) -> dict[str, Article]:
            found: dict[str, Article] = {}
            for start in range(0, len(wanted), CHUNK):
                rows = connection.execute(
                    select(articles).where(articles.c.id.in_(wanted[start : start + CHUNK]))
                )
                found.update((article.id, article) for article in _articles(connection, rows.all()))
            return found

        return await self._database.read(answer)

    async def _select(
        self, *conditions: ColumnElement[bool], limit: int | None = None
    ) -> tuple[Article, ...]:
        question = (
            select(articles)
            .where(articles.c.withdrawn.is_(None), *conditions)
            .order_by(articles.c.dated.desc(), articles.c.id)
            .limit(limit)
        )

        def answer(connection: Connection) -> tuple[Article, ...]:
            return tuple(_articles(connection, connection.execute(question).all()))

        return await self._database.read(answer)


def _articles(connection: Connection, rows: Sequence[Any]) -> list[Article]:
    """Rows with their keys, which are read in sets."""
    keys: dict[str, list[str]] = {row.id: [] for row in rows}
    for start in range(0, len(rows), CHUNK):
        ids = [row.id for row in rows[start : start + CHUNK]]
        question = (
            select(article_keys.c.article, article_keys.c.key)
            .where(article_keys.c.article.in_(ids))
            .order_by(article_keys.c.position, article_keys.c.key)
        )
        for article, key in connection.execute(question):
            keys[article].append(key)
    return [article_of(row, tuple(keys[row.id])) for row in rows]


def article_of(row: Any, keys: tuple[str, ...] = ()) -> Article:
    """A row of the table, which has no keys in it."""
    return Article(
        id=row.id,
        source=row.source,
        first_seen=row.first_seen,
        changed=row.changed,
        backlog=row.backlog,
        keys=keys,
        title=row.title,
        url=row.url,
        authors=tuple(row.authors),
        published=row.published,
        updated=row.updated,
        section=row.section,
        summary=row.summary,
        content=row.content,
        image=Image(**row.image) if row.image else None,
        credit=row.credit,
        tags=tuple(row.tags),
        language=row.language,
        slug=row.slug or "",
    )
