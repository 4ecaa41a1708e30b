"""What was taken back. The store keeps it, so that it can be published again; nothing else shows it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, cast, or_, select, update

from syndication.domain.published import Filing
from syndication.store.articles.articles import article_of
from syndication.store.articles.due import Due, mark_due
from syndication.store.engine import Database, lock
from syndication.store.tables.articles import article_keys, articles

__all__ = ["Withdrawal", "Withdrawals"]

_ENOUGH = 5  # of several articles that may be meant, so many are named


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An article that was taken back."""

    article: str
    title: str
    at: datetime


class Withdrawals:
    """Taking back, and giving again. Publishing has to look at the article either way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, name: str, *, slug: str) -> tuple[Filing, ...]:
        """The articles with the id or the address `name`, or a page called `slug`."""
        c = articles.c
        by_key = select(article_keys.c.article).where(article_keys.c.key == f"url:{name}")
        question = (
            select(articles)
            .where(or_(c.id == name, c.url == name, c.slug == slug, c.id.in_(by_key)))
            .order_by(c.id)
            .limit(_ENOUGH)
        )
        return await self._database.read(
            lambda connection: tuple(
                Filing(article_of(row), row.withdrawn) for row in connection.execute(question)
            )
        )

    async def take_back(self, article: str, *, at: datetime, reason: str = "") -> bool:
        """No list and no edition shows the article any more. False when it is unknown or withdrawn already; then the first time stays."""
        return await self._change(article, {"withdrawn": at, "reason": reason}, at)

    async def restore(self, article: str, *, at: datetime) -> bool:
        """Show it again. False when it is unknown or was not withdrawn."""
        return await self._change(article, {"withdrawn": None, "reason": ""}, at)

    async def _change(self, article: str, values: dict[str, object], at: datetime) -> bool:
        c = articles.c
        other = c.withdrawn.is_not(None) if values["withdrawn"] is None else c.withdrawn.is_(None)

        def change(connection: Connection) -> bool:
            lock(connection, "articles")
            dated = connection.execute(select(c.dated).where(c.id == article, other)).scalar()
            if dated is None:
                return False
            connection.execute(update(articles).where(c.id == article).values(values))
            mark_due(connection, [Due(article, dated, at)])
            return True

        return await self._database.write(change)

    async def all(self) -> tuple[Withdrawal, ...]:
        """All that is withdrawn, the latest first."""
        c = articles.c
        question = (
            select(c.id, c.title, c.withdrawn)
            .where(c.withdrawn.is_not(None))
            .order_by(c.withdrawn.desc(), c.id)
        )
        return await self._database.read(
            lambda connection: tuple(
                Withdrawal(row.id, row.title, row.withdrawn) for row in connection.execute(question)
            )
        )

    async def still_shown(self, image: str) -> bool:
        """Whether an article that is not withdrawn shows the image `media/NAME`."""
        c = articles.c
        shows = or_(
            c.content.contains(image, autoescape=True), cast(c.image, String).contains(image, autoescape=True)
        )
        question = select(c.id).where(c.withdrawn.is_(None), shows).limit(1)
        return await self._database.read(lambda connection: connection.execute(question).first() is not None)
