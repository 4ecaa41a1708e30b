"""What is remembered of the pages that a source lists."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from syndication.domain.article import Source, Validators
from syndication.domain.page import KnownPage
from syndication.store.engine import Database, lock
from syndication.store.tables.articles import pages

__all__ = ["KnownPages"]

CHUNK = 500  # rows of one statement


class KnownPages:
    """The pages of a source, by the name in the configuration."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, source: Source) -> tuple[KnownPage, ...]:
        """All that is remembered of `source`, by address."""
        return await self._database.read(lambda connection: tuple(_known(connection, source.name).values()))

    async def listing(self, url: str) -> frozenset[str]:
        """The names of the sources that found an article on the page at `url`."""
        c = pages.c
        question = select(c.source).where(c.url == url, c.published.is_not(None))
        return await self._database.read(lambda connection: frozenset(connection.execute(question).scalars()))

    async def save(self, source: Source, found: Sequence[KnownPage]) -> None:
        """Remember `found` of `source` and nothing else. Only what differs is written: there may be tens of thousands."""

        def change(connection: Connection) -> None:
            lock(connection, "sources")
            before = _known(connection, source.name)
            after = {page.url: page for page in found}
            for chunk in _chunks([url for url in before if url not in after]):
                connection.execute(delete(pages).where(pages.c.source == source.name, pages.c.url.in_(chunk)))
            new = [_row(source, page) for url, page in after.items() if url not in before]
            for chunk in _chunks(new):
                connection.execute(insert(pages), chunk)
            changed = [_row(source, page) for url, page in after.items() if before.get(url, page) != page]
            if changed:
                connection.execute(
                    _UPDATE, [{f"_{name}": value for name, value in row.items()} for row in changed]
                )

        await self._database.write(change)


_KEY = ("source", "url")
_UPDATE = (
    update(pages)
    .where(*(pages.c[name] == bindparam(f"_{name}") for name in _KEY))
    .values({each: bindparam(f"_{each.name}") for each in pages.c if each.name not in _KEY})
)


def _known(connection: Connection, source: str) -> dict[str, KnownPage]:
    question = select(pages).where(pages.c.source == source).order_by(pages.c.url)
    return {row.url: _page(row) for row in connection.execute(question)}


def _page(row: Any) -> KnownPage:
    return KnownPage(
        url=row.url,
        listed_by=row.listed_by,
        stamp=row.stamp,
        validators=Validators(row.etag, row.last_modified),
        read=row.read,
        published=row.published,
        failures=row.failures,
        is_list=row.is_list,
    )


def _row(source: Source, page: KnownPage) -> dict[str, Any]:
    return {
        "source": source.name,
        "url": page.url,
        "listed_by": page.listed_by,
        "stamp": page.stamp,
        "etag": page.validators.etag,
        "last_modified": page.validators.last_modified,
        "read": page.read,
        "published": page.published,
        "failures": page.failures,
        "is_list": page.is_list,
    }


def _chunks(rows: list[Any]) -> list[list[Any]]:
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
