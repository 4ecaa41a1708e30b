"""The history of what feed readers were shown, cut into documents that no longer change (RFC 5005 §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from syndication.domain.article import Article
from syndication.store.articles.articles import LIGHT, article_of
from syndication.store.repository import Repository, reads, writes
from syndication.store.tables.articles import articles
from syndication.store.tables.publishing import history, sealed


@dataclass(frozen=True, slots=True)
class ArticleState:
    """The unsealed state `seq` of an article, which is its current one; without its content."""

    seq: int
    article: Article


class OlderHistory(Repository):
    """Sealed documents, numbered from 1, and the states that are in none yet."""

    @reads
    def waiting(self, connection: Connection) -> int:
        """Count the states that are not sealed."""
        query = select(func.count()).select_from(history).where(history.c.document.is_(None))
        return connection.execute(query).scalar_one()

    @reads
    def unsealed(self, connection: Connection, limit: int) -> tuple[ArticleState, ...]:
        """Return the first states that are not sealed, in the order in which they came."""
        query = (
            select(*LIGHT, history.c.seq)
            .join(history, history.c.article == articles.c.id)
            .where(history.c.document.is_(None))
            .order_by(history.c.seq)
            .limit(limit)
        )
        return tuple(ArticleState(row.seq, article_of(row)) for row in connection.execute(query))

    @reads
    def last(self, connection: Connection) -> int:
        """Return the number of the last sealed document, 0 when there is none."""
        return connection.execute(select(func.max(sealed.c.document))).scalar() or 0

    @writes
    def seal(
        self,
        connection: Connection,
        document: int,
        states: Sequence[ArticleState],
        data: Mapping[str, bytes],
    ) -> None:
        """Store the compressed files of a document, by name. From now on the document is these bytes."""
        rows = [{"document": document, "name": name, "data": packed} for name, packed in data.items()]
        connection.execute(insert(sealed), rows)
        seqs = [state.seq for state in states]
        connection.execute(update(history).where(history.c.seq.in_(seqs)).values(document=document))

    @reads
    def files(self, connection: Connection, document: int) -> Mapping[str, bytes]:
        """Return the compressed files of a sealed document, by name."""
        c = sealed.c
        query = select(c.name, c.data).where(c.document == document).order_by(c.name)
        return {name: bytes(data) for name, data in connection.execute(query)}

    @reads
    def documents_of(self, connection: Connection, article: str) -> tuple[int, ...]:
        """Return the sealed documents that hold a state of this article."""
        c = history.c
        query = select(c.document).where(c.article == article, c.document.is_not(None))
        return tuple(connection.execute(query.distinct().order_by(c.document)).scalars())

    @writes
    def replace(
        self, connection: Connection, document: int, data: Mapping[str, bytes], *, without: str
    ) -> None:
        """Change a sealed document, which only the withdrawal of the article `without` may do."""
        c = sealed.c
        for name, packed in data.items():
            here = (c.document == document, c.name == name)
            connection.execute(update(sealed).where(*here).values(data=packed))
        of_article = (history.c.article == without, history.c.document == document)
        connection.execute(delete(history).where(*of_article))
