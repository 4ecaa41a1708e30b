"""The history of what feed readers were shown, cut into documents that do not change any more (RFC 5005 §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from syndication.domain.article import Article
from syndication.store.articles.articles import LIGHT, article_of
from syndication.store.engine import Database
from syndication.store.tables.articles import articles
from syndication.store.tables.publishing import history, sealed

__all__ = ["ArticleState", "OlderHistory"]


@dataclass(frozen=True, slots=True)
class ArticleState:
    """An article as it came at `seq` of the history, which is as it is now; without its content."""

    seq: int
    article: Article


class OlderHistory:
    """Sealed documents, numbered from 1, and the states that stand in none yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> int:
        """How many states are not sealed."""
        question = select(func.count()).select_from(history).where(history.c.document.is_(None))
        return await self._database.read(lambda connection: connection.execute(question).scalar_one())

    async def unsealed(self, limit: int) -> tuple[ArticleState, ...]:
        """The first states that are not sealed, in the order in which they came."""
        question = (
            select(*LIGHT, history.c.seq)
            .join(history, history.c.article == articles.c.id)
            .where(history.c.document.is_(None))
            .order_by(history.c.seq)
            .limit(limit)
        )
        return await self._database.read(
            lambda connection: tuple(
                ArticleState(row.seq, article_of(row)) for row in connection.execute(question)
            )
        )

    async def last(self) -> int:
        """The number of the last sealed document, 0 when there is none."""
        question = select(func.max(sealed.c.document))
        return await self._database.read(lambda connection: connection.execute(question).scalar() or 0)

    async def seal(self, document: int, states: Sequence[ArticleState], data: Mapping[str, bytes]) -> None:
        """Keep the files of a document by their names, compressed: from now on these bytes are what it is."""

        def change(connection: Connection) -> None:
            rows = [{"document": document, "name": name, "data": packed} for name, packed in data.items()]
            connection.execute(insert(sealed), rows)
            seqs = [state.seq for state in states]
            connection.execute(update(history).where(history.c.seq.in_(seqs)).values(document=document))

        await self._database.write(change)

    async def files(self, document: int) -> Mapping[str, bytes]:
        """The files of a sealed document by their names, compressed."""
        question = (
            select(sealed.c.name, sealed.c.data).where(sealed.c.document == document).order_by(sealed.c.name)
        )
        return await self._database.read(
            lambda connection: {name: bytes(data) for name, data in connection.execute(question)}
        )

    async def documents_of(self, article: str) -> tuple[int, ...]:
        """The sealed documents that hold a state of this article."""
        c = history.c
        question = (
            select(c.document)
            .where(c.article == article, c.document.is_not(None))
            .distinct()
            .order_by(c.document)
        )
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def replace(self, document: int, data: Mapping[str, bytes], *, without: str) -> None:
        """Change a sealed document, which only the withdrawal of the article `without` may."""

        def change(connection: Connection) -> None:
            c = sealed.c
            for name, packed in data.items():
                connection.execute(
                    update(sealed).where(c.document == document, c.name == name).values(data=packed)
                )
            of_article = (history.c.article == without, history.c.document == document)
            connection.execute(delete(history).where(*of_article))

        await self._database.write(change)
