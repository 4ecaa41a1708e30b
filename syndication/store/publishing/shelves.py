"""The shelves: sections, authors, tags and sitemaps with their articles, and the articles that are due to be filed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, literal, select, update

from syndication.domain.article import Article
from syndication.domain.published import Filing, Label, Shelf, ShelfKind
from syndication.store.articles.articles import LIGHT, article_of
from syndication.store.articles.due import Due, mark_due
from syndication.store.engine import lock
from syndication.store.publishing.filing import file_articles
from syndication.store.repository import Repository, reads, writes
from syndication.store.tables.articles import articles
from syndication.store.tables.publishing import built, due_articles, files, items, listings, shelves

MOST = 200  # shelves of one kind with feeds, so that tags cannot flood the folder
FEWEST = {ShelfKind.SECTION: 1, ShelfKind.AUTHOR: 3, ShelfKind.TAG: 3}  # articles
_EMPTY = and_(
    shelves.c.open, shelves.c.count <= 0, shelves.c.kind != ShelfKind.SITEMAP
)  # a sitemap may fill up again


class Items(Repository):
    """Feed items as written, by the id of their article."""

    @reads
    def get(self, connection: Connection, articles: Sequence[str]) -> Mapping[str, bytes]:
        """Return the stored items of these articles, at most 500."""
        query = select(items.c.article, items.c.data).where(items.c.article.in_(articles))
        return {row.article: bytes(row.data) for row in connection.execute(query)}

    @writes
    def keep(self, connection: Connection, blocks: Mapping[str, bytes]) -> None:
        """Store the items of these articles, at most 500, in place of what was stored for them."""
        keep_items(connection, list(blocks), blocks)


class Shelves(Repository):
    """The shelves, and the articles that publishing has to file on them. The caller holds the publishing lock."""

    @writes
    def renew(
        self, connection: Connection, facts: str, *, theme: str, now: datetime, anyway: bool = False
    ) -> bool:
        """Mark everything to be written again when `facts`, a hash of what every file depends on, has changed, or `anyway`.

        `theme` is the hash of the theme that the pages will have then. Return whether everything was marked.
        """
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

    @reads
    def theme(self, connection: Connection) -> str:
        """Return the hash of the pages' theme, empty when nothing was published."""
        return connection.execute(select(built.c.theme)).scalar() or ""

    @writes
    def themed(self, connection: Connection, theme: str) -> None:
        """Record that all pages have this theme."""
        connection.execute(update(built).values(theme=theme))

    @reads
    def paged(self, connection: Connection, after: str, limit: int) -> tuple[Filing, ...]:
        """Return the next articles with a page, after the slug `after`, for a walk through all of them."""
        c = articles.c
        return _filings(connection, select(articles).where(c.slug > after).order_by(c.slug).limit(limit))

    @reads
    def due(self, connection: Connection, now: datetime, limit: int) -> tuple[Filing, ...]:
        """Return the articles that publishing has to look at, the oldest first."""
        query = (
            select(articles)
            .join(due_articles, due_articles.c.article == articles.c.id)
            .where(due_articles.c.due <= now)
            .order_by(due_articles.c.dated, due_articles.c.article)
            .limit(limit)
        )
        return _filings(connection, query)

    @reads
    def count_due(self, connection: Connection, now: datetime) -> int:
        """Count the articles that publishing has to look at."""
        return connection.execute(select(func.count()).where(due_articles.c.due <= now)).scalar_one()

    @writes
    def file(
        self,
        connection: Connection,
        filings: Sequence[tuple[Filing, Sequence[Label]]],
        *,
        now: datetime,
        items: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Put each article, at most 500, onto the shelves of its labels and off all others, and store the new feed items."""
        lock(connection, "articles")
        keep_items(connection, [filing.article.id for filing, _ in filings], items)
        file_articles(connection, filings, now=now)

    async def postpone(self, waiting: Sequence[Article], *, until: datetime) -> None:
        """Make these articles due at `until`."""
        marks = [Due(article.id, article.dated, until) for article in waiting]
        if marks:
            await self._database.write(lambda connection: mark_due(connection, marks))

    @reads
    def empty(self, connection: Connection) -> tuple[Shelf, ...]:
        """Return the open shelves without articles, which `open_and_close` will close."""
        return _select(connection, _EMPTY)

    @writes
    def open_and_close(self, connection: Connection) -> None:
        """Close the empty shelves, and open those that have enough articles, the fullest first.

        An open shelf stays open, because feed readers know it. One that finds no room opens when another closes.
        """
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

    @reads
    def open(self, connection: Connection) -> tuple[Shelf, ...]:
        """Return the shelves with files, by kind and slug."""
        return _select(connection, shelves.c.open)

    @reads
    def titles(self, connection: Connection, kind: ShelfKind) -> tuple[str, ...]:
        """Return the titles of all shelves of a kind, open or not. The cost does not grow with the number of articles."""
        query = select(shelves.c.title).where(shelves.c.kind == kind)
        return tuple(connection.execute(query).scalars())

    @reads
    def stale(self, connection: Connection) -> tuple[Shelf, ...]:
        """Return the open shelves whose files have to be written."""
        return _select(connection, shelves.c.open, shelves.c.stale)

    @writes
    def mark_written(self, connection: Connection, done: Sequence[Shelf]) -> None:
        """Record that the files of these shelves are written."""
        ids = [shelf.id for shelf in done]
        connection.execute(update(shelves).where(shelves.c.id.in_(ids)).values(stale=False))

    @writes
    def mark_stale(self, connection: Connection, kind: ShelfKind, slug: str) -> None:
        """Record that the files of this shelf have to be written again."""
        change = update(shelves).where(shelves.c.kind == kind, shelves.c.slug == slug).values(stale=True)
        connection.execute(change)

    @writes
    def look_again(self, connection: Connection, slug: str | None, *, now: datetime) -> None:
        """Make the article with the page `slug` due again, or every article when it is None."""
        these = select(articles.c.id).where(articles.c.slug == slug) if slug else select(articles.c.id)
        connection.execute(delete(due_articles).where(due_articles.c.article.in_(these)))
        _all_due(connection, these, now)

    @reads
    def newest(self, connection: Connection, shelf: Shelf, limit: int) -> tuple[Article, ...]:
        """Return the newest articles of a shelf without their content: newest first, equal times in the order of ids."""
        query = (
            select(*LIGHT)
            .join(listings, listings.c.article == articles.c.id)
            .where(listings.c.shelf == shelf.id, listings.c.shown)
            .order_by(listings.c.dated.desc(), listings.c.article)
            .limit(limit)
        )
        return tuple(map(article_of, connection.execute(query)))

    @reads
    def withdrawn(self, connection: Connection, shelf: Shelf) -> tuple[tuple[str, datetime], ...]:
        """Return the ids of a shelf's withdrawn articles, as long as they have a tombstone, and the times of their withdrawal."""
        query = (
            select(articles.c.id, articles.c.withdrawn)
            .join(listings, listings.c.article == articles.c.id)
            .where(listings.c.shelf == shelf.id, ~listings.c.shown, articles.c.withdrawn.is_not(None))
            .order_by(articles.c.withdrawn.desc(), articles.c.id)
        )
        return tuple((row.id, row.withdrawn) for row in connection.execute(query))


def _select(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[Shelf, ...]:
    query = select(shelves).where(*conditions).order_by(shelves.c.kind, shelves.c.slug)
    return tuple(Shelf(row.id, ShelfKind(row.kind), row.slug, row.title) for row in connection.execute(query))


def _filings(connection: Connection, query: Select[Any]) -> tuple[Filing, ...]:
    return tuple(Filing(article_of(row), row.withdrawn) for row in connection.execute(query))


def _all_due(connection: Connection, ids: Select[Any], now: datetime) -> None:
    rows = select(articles.c.id, literal(now, due_articles.c.due.type), articles.c.dated)
    rows = rows.where(articles.c.id.in_(ids))
    connection.execute(insert(due_articles).from_select(["article", "due", "dated"], rows))


def keep_items(connection: Connection, articles: Sequence[str], blocks: Mapping[str, bytes]) -> None:
    """Replace the stored items of `articles`, at most 500, by `blocks`."""
    connection.execute(delete(items).where(items.c.article.in_(articles)))
    if blocks:
        connection.execute(
            insert(items), [{"article": article, "data": data} for article, data in blocks.items()]
        )
