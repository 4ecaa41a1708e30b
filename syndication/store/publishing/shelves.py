"""What publishing has to do, and which articles stand on which shelf."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, literal, select, update

from syndication.domain.article import Article
from syndication.domain.published import Filing, Label, Shelf, ShelfKind
from syndication.store.articles.articles import LIGHT, article_of
from syndication.store.articles.due import Due, mark_due
from syndication.store.engine import Database, lock
from syndication.store.publishing.filing import file_articles
from syndication.store.tables.articles import articles
from syndication.store.tables.publishing import built, due_articles, files, items, listings, shelves

__all__ = ["FEWEST", "MOST", "Items", "Shelves", "keep_items"]


class Items:
    """Blocks by the id of their article."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, articles: Sequence[str]) -> Mapping[str, bytes]:
        """Those that are kept of these articles, at most 500."""
        question = select(items.c.article, items.c.data).where(items.c.article.in_(articles))
        return await self._database.read(
            lambda connection: {row.article: bytes(row.data) for row in connection.execute(question)}
        )

    async def keep(self, blocks: Mapping[str, bytes]) -> None:
        """Keep these, at most 500, instead of what was kept of the same articles."""
        await self._database.write(lambda connection: keep_items(connection, list(blocks), blocks))


MOST = 200  # shelves of one kind with feeds: nobody floods the folder with tags


_EMPTY = and_(
    shelves.c.open, shelves.c.count <= 0, shelves.c.kind != ShelfKind.SITEMAP
)  # a sitemap may be filled again


FEWEST = {ShelfKind.SECTION: 1, ShelfKind.AUTHOR: 3, ShelfKind.TAG: 3}  # articles


class Shelves:
    """The shelves, and what is due on them. The caller holds the publishing lock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def renew(self, facts: str, *, theme: str, now: datetime, anyway: bool = False) -> bool:
        """Have everything made anew when `facts`, a hash of what every file depends on, has changed, or `anyway`. Whether it has.

        Then the pages will be of `theme`, which is another hash.
        """

        def change(connection: Connection) -> bool:
            if not anyway and connection.execute(select(built.c.facts)).scalar() == facts:
                return False
            connection.execute(delete(built))
            connection.execute(insert(built).values(facts=facts, theme=theme))
            connection.execute(delete(items))
            connection.execute(delete(due_articles))
            _all_due(connection, select(articles.c.id), now)
            connection.execute(update(shelves).values(stale=True))
            connection.execute(update(files).where(files.c.kind != "media").values(wanted=False))
            return True

        return await self._database.write(change)

    async def theme(self) -> str:
        """That of the pages."""
        question = select(built.c.theme)
        return await self._database.read(lambda connection: connection.execute(question).scalar() or "")

    async def themed(self, theme: str) -> None:
        """By now all pages are of this one."""
        change = update(built).values(theme=theme)
        await self._database.write(lambda connection: connection.execute(change))

    async def paged(self, after: str, limit: int) -> tuple[Filing, ...]:
        """The next articles with a page of their own by its slug, for a walk through all of them."""
        c = articles.c
        question = select(articles).where(c.slug > after).order_by(c.slug).limit(limit)

        def answer(connection: Connection) -> tuple[Filing, ...]:
            return tuple(Filing(article_of(row), row.withdrawn) for row in connection.execute(question))

        return await self._database.read(answer)

    async def due(self, now: datetime, limit: int) -> tuple[Filing, ...]:
        """The articles that publishing has to look at, the oldest first."""
        question = (
            select(articles)
            .join(due_articles, due_articles.c.article == articles.c.id)
            .where(due_articles.c.due <= now)
            .order_by(due_articles.c.dated, due_articles.c.article)
            .limit(limit)
        )

        def answer(connection: Connection) -> tuple[Filing, ...]:
            return tuple(Filing(article_of(row), row.withdrawn) for row in connection.execute(question))

        return await self._database.read(answer)

    async def count_due(self, now: datetime) -> int:
        """How many there are."""
        question = select(func.count()).where(due_articles.c.due <= now)
        return await self._database.read(lambda connection: connection.execute(question).scalar_one())

    async def file(
        self,
        filings: Sequence[tuple[Filing, Sequence[Label]]],
        *,
        now: datetime,
        items: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Put each article, at most 500, onto the shelves it names, and off those it no longer does. `items` is what of it stands in
        feeds from now on.
        """

        def change(connection: Connection) -> None:
            lock(connection, "articles")
            keep_items(connection, [filing.article.id for filing, _ in filings], items)
            file_articles(connection, filings, now=now)

        await self._database.write(change)

    async def postpone(self, waiting: Sequence[Article], *, until: datetime) -> None:
        """Have publishing look at these again from then on."""
        marks = [Due(article.id, article.dated, until) for article in waiting]
        if marks:
            await self._database.write(lambda connection: mark_due(connection, marks))

    async def empty(self) -> tuple[Shelf, ...]:
        """The shelves that have feeds but no article any more: `open_and_close` closes them."""
        return await self._shelves(select(shelves).where(_EMPTY))

    async def open_and_close(self) -> None:
        """Close the empty shelves and open those that have enough articles by now, the fullest first.

        A shelf that is open stays, because somebody reads its feeds; one that has to wait for a place gets the next that falls free.
        """

        def change(connection: Connection) -> None:
            c = shelves.c
            connection.execute(update(shelves).where(_EMPTY).values(open=False, stale=False))
            for kind, fewest in FEWEST.items():
                used = connection.execute(select(func.count()).where(c.kind == kind, c.open)).scalar_one()
                ready = (
                    select(c.id)
                    .where(c.kind == kind, ~c.open, c.count >= fewest)
                    .order_by(c.count.desc(), c.slug)
                    .limit(MOST - used)
                )
                opened = [row.id for row in connection.execute(ready)] if used < MOST else []
                connection.execute(update(shelves).where(c.id.in_(opened)).values(open=True, stale=True))

        await self._database.write(change)

    async def open(self) -> tuple[Shelf, ...]:
        """The shelves with files of their own, by kind and slug."""
        return await self._shelves(select(shelves).where(shelves.c.open))

    async def titles(self, kind: ShelfKind) -> tuple[str, ...]:
        """Those of all shelves of a kind that there ever were. Unlike asking the articles, it costs the same however many there are."""
        question = select(shelves.c.title).where(shelves.c.kind == kind)
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def stale(self) -> tuple[Shelf, ...]:
        """Those among them whose files have to be written."""
        return await self._shelves(select(shelves).where(shelves.c.open, shelves.c.stale))

    async def _shelves(self, question: Select[Any]) -> tuple[Shelf, ...]:
        ordered = question.order_by(shelves.c.kind, shelves.c.slug)

        def answer(connection: Connection) -> tuple[Shelf, ...]:
            return tuple(_shelf(row) for row in connection.execute(ordered))

        return await self._database.read(answer)

    async def mark_written(self, done: Sequence[Shelf]) -> None:
        """Their files are written."""
        change = update(shelves).where(shelves.c.id.in_([shelf.id for shelf in done])).values(stale=False)
        await self._database.write(lambda connection: connection.execute(change))

    async def mark_stale(self, kind: ShelfKind, slug: str) -> None:
        """The files of this shelf have to be written again."""
        change = update(shelves).where(shelves.c.kind == kind, shelves.c.slug == slug).values(stale=True)
        await self._database.write(lambda connection: connection.execute(change))

    async def look_again(self, slug: str | None, *, now: datetime) -> None:
        """The article whose page has this slug is due again; None: every article is."""

        def change(connection: Connection) -> None:
            wanted = select(articles.c.id).where(articles.c.slug == slug) if slug else select(articles.c.id)
            connection.execute(delete(due_articles).where(due_articles.c.article.in_(wanted)))
            _all_due(connection, wanted, now)

        await self._database.write(change)

    async def newest(self, shelf: Shelf, limit: int) -> tuple[Article, ...]:
        """The newest articles on it without their content, newest first, equal times by id."""
        question = (
            select(*LIGHT)
            .join(listings, listings.c.article == articles.c.id)
            .where(listings.c.shelf == shelf.id, listings.c.shown)
            .order_by(listings.c.dated.desc(), listings.c.article)
            .limit(limit)
        )

        def answer(connection: Connection) -> tuple[Article, ...]:
            return tuple(article_of(row) for row in connection.execute(question))

        return await self._database.read(answer)

    async def withdrawn(self, shelf: Shelf) -> tuple[tuple[str, datetime], ...]:
        """The ids of articles that were taken back from it, while they have a tombstone, and when that was."""
        question = (
            select(articles.c.id, articles.c.withdrawn)
            .join(listings, listings.c.article == articles.c.id)
            .where(listings.c.shelf == shelf.id, ~listings.c.shown, articles.c.withdrawn.is_not(None))
            .order_by(articles.c.withdrawn.desc(), articles.c.id)
        )
        return await self._database.read(
            lambda connection: tuple((row.id, row.withdrawn) for row in connection.execute(question))
        )


def _shelf(row: Any) -> Shelf:
    return Shelf(row.id, ShelfKind(row.kind), row.slug, row.title)


def _all_due(connection: Connection, wanted: Select[Any], now: datetime) -> None:
    rows = select(articles.c.id, literal(now, due_articles.c.due.type), articles.c.dated)
    rows = rows.where(articles.c.id.in_(wanted))
    connection.execute(insert(due_articles).from_select(["article", "due", "dated"], rows))


def keep_items(connection: Connection, articles: Sequence[str], blocks: Mapping[str, bytes]) -> None:
    """Keep of `articles`, at most 500, these blocks and no others."""
    connection.execute(delete(items).where(items.c.article.in_(articles)))
    if blocks:
        connection.execute(
            insert(items), [{"article": article, "data": data} for article, data in blocks.items()]
        )
