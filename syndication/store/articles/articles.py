"""The collected articles. A piece is one article, however many sources carry it and however often it is edited."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select

from syndication.domain.article import Article, Image, Merged, ParsedArticle, Source
from syndication.store.articles.merge import merge
from syndication.store.engine import lock
from syndication.store.repository import Repository, batched, reads, writes
from syndication.store.tables.articles import article_keys, articles
from syndication.store.tables.editions import edition_articles

# The columns of an article without its content, which is most of a row.
LIGHT = (*(column for column in articles.c if column.name != "content"), literal("").label("content"))
_FREE = ~select(edition_articles.c.article).where(edition_articles.c.article == articles.c.id).exists()


class Articles(Repository):
    """The collected articles."""

    @writes
    def merge(
        self,
        connection: Connection,
        source: Source,
        parsed: Sequence[ParsedArticle],
        *,
        others: Collection[str],
        now: datetime,
        mint: Callable[[], str],
        backlog: Callable[[ParsedArticle], str],
    ) -> Merged:
        """Store what `source` shows (the rules are in `store/articles/merge.py`).

        `others` are the names of the other configured sources: articles that they brought stay theirs. `mint` makes the id of a new
        article; `backlog` returns why a new one is never mailed, or "".
        """
        lock(connection, "articles")
        return merge(connection, source, parsed, others=others, now=now, mint=mint, backlog=backlog)

    @reads
    def unassigned(self, connection: Connection, *, since: datetime, until: datetime) -> tuple[Article, ...]:
        """Return the articles of no edition, dated from `since` up to and including `until`, newest first."""
        return _select(connection, _FREE, articles.c.dated.between(since, until))

    @reads
    def older(self, connection: Connection, before: datetime) -> dict[str, int]:
        """Count the articles of no edition dated before `before`, by their reason for the backlog, which may be empty."""
        query = (
            select(articles.c.backlog, func.count())
            .where(_FREE, articles.c.withdrawn.is_(None), articles.c.dated < before)
            .group_by(articles.c.backlog)
        )
        return {row[0]: row[1] for row in connection.execute(query)}

    @reads
    def waiting(self, connection: Connection, after: datetime) -> int:
        """Count the articles of no edition dated later than `after`."""
        conditions = (_FREE, articles.c.withdrawn.is_(None), articles.c.dated > after)
        return connection.execute(select(func.count()).select_from(articles).where(*conditions)).scalar_one()

    @reads
    def count(self, connection: Connection) -> int:
        """Count the articles, without withdrawn ones."""
        query = select(func.count()).select_from(articles).where(articles.c.withdrawn.is_(None))
        return connection.execute(query).scalar_one()

    @reads
    def sections(self, connection: Connection) -> tuple[str, ...]:
        """Return the names of all sections that have an article."""
        c = articles.c
        query = select(c.section).where(c.section != "").distinct().order_by(c.section)
        return tuple(connection.execute(query).scalars())

    @reads
    def recent(self, connection: Connection, *, since: datetime, until: datetime) -> tuple[Article, ...]:
        """Return the articles dated from `since` up to and including `until`, newest first."""
        return _select(connection, articles.c.dated.between(since, until))

    @reads
    def get(self, connection: Connection, ids: Iterable[str]) -> dict[str, Article]:
        """Return the articles with these ids, withdrawn ones too; unknown ids are left out."""
        found: dict[str, Article] = {}
        for some in batched(dict.fromkeys(ids)):
            rows = connection.execute(select(articles).where(articles.c.id.in_(some)))
            found.update((article.id, article) for article in _articles(connection, rows.all()))
        return found


def _select(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[Article, ...]:
    query = (
        select(articles)
        .where(articles.c.withdrawn.is_(None), *conditions)
        .order_by(articles.c.dated.desc(), articles.c.id)
    )
    return tuple(_articles(connection, connection.execute(query).all()))


def _articles(connection: Connection, rows: Sequence[Any]) -> list[Article]:
    """Read the keys of these rows, a set at a time, and make articles of them."""
    keys: dict[str, list[str]] = {row.id: [] for row in rows}
    for ids in batched(keys):
        query = (
            select(article_keys.c.article, article_keys.c.key)
            .where(article_keys.c.article.in_(ids))
            .order_by(article_keys.c.position, article_keys.c.key)
        )
        for article, key in connection.execute(query):
            keys[article].append(key)
    return [article_of(row, tuple(keys[row.id])) for row in rows]


def article_of(row: Any, keys: tuple[str, ...] = ()) -> Article:
    """Make an article of a row of `articles` and its `keys`, which are in another table."""
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
