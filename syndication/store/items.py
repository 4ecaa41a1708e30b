"""Articles as they stand in feeds. The store keeps them as blocks of bytes and knows nothing of what is in them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from syndication.store.engine import Database
from syndication.store.publishing_tables import items

__all__ = ["Items", "keep_items"]


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


def keep_items(connection: Connection, articles: Sequence[str], blocks: Mapping[str, bytes]) -> None:
    """Keep of `articles`, at most 500, these blocks and no others."""
    connection.execute(delete(items).where(items.c.article.in_(articles)))
    if blocks:
        connection.execute(
            insert(items), [{"article": article, "data": data} for article, data in blocks.items()]
        )
