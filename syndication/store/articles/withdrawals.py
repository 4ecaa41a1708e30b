"""Withdrawn articles. The store keeps them, so that they can be restored; nothing shows them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, cast, or_, select, update

from syndication.domain.published import Filing
from syndication.store.articles.articles import article_of
from syndication.store.articles.due import Due, mark_due
from syndication.store.engine import lock
from syndication.store.repository import Repository, reads, writes
from syndication.store.tables.articles import article_keys, articles

_MOST_NAMED = 5  # of the articles that a name may mean


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A withdrawn article."""

    article: str
    title: str
    at: datetime


class Withdrawals(Repository):
    """Withdrawing articles and restoring them. Either makes publishing look at the article."""

    @reads
    def find(self, connection: Connection, name: str, *, slug: str) -> tuple[Filing, ...]:
        """Return the articles, at most five, whose id or address is `name`, or whose page is called `slug`."""
        c = articles.c
        by_key = select(article_keys.c.article).where(article_keys.c.key == f"url:{name}")
        query = (
            select(articles)
            .where(or_(c.id == name, c.url == name, c.slug == slug, c.id.in_(by_key)))
            .order_by(c.id)
            .limit(_MOST_NAMED)
        )
        return tuple(Filing(article_of(row), row.withdrawn) for row in connection.execute(query))

    @writes
    def withdraw(self, connection: Connection, article: str, *, at: datetime, reason: str = "") -> bool:
        """Hide the article from every list and edition.

        Return False when it is unknown or withdrawn already; the first time is kept.
        """
        return _change(connection, article, {"withdrawn": at, "reason": reason}, at)

    @writes
    def restore(self, connection: Connection, article: str, *, at: datetime) -> bool:
        """Show the article again. Return False when it is unknown or not withdrawn."""
        return _change(connection, article, {"withdrawn": None, "reason": ""}, at)

    @reads
    def all(self, connection: Connection) -> tuple[Withdrawal, ...]:
        """Return all withdrawals, the latest first."""
        c = articles.c
        query = (
            select(c.id, c.title, c.withdrawn)
            .where(c.withdrawn.is_not(None))
            .order_by(c.withdrawn.desc(), c.id)
        )
        return tuple(Withdrawal(*row) for row in connection.execute(query))

    @reads
    def still_shown(self, connection: Connection, image: str) -> bool:
        """Return whether an article that is not withdrawn shows the image `media/NAME`."""
        c = articles.c
        shows = or_(
            c.content.contains(image, autoescape=True), cast(c.image, String).contains(image, autoescape=True)
        )
        query = select(c.id).where(c.withdrawn.is_(None), shows).limit(1)
        return connection.execute(query).first() is not None


def _change(connection: Connection, article: str, values: dict[str, object], at: datetime) -> bool:
    c = articles.c
    other = c.withdrawn.is_not(None) if values["withdrawn"] is None else c.withdrawn.is_(None)
    lock(connection, "articles")
    dated = connection.execute(select(c.dated).where(c.id == article, other)).scalar()
    if dated is None:
        return False
    connection.execute(update(articles).where(c.id == article).values(values))
    mark_due(connection, [Due(article, dated, at)])
    return True
