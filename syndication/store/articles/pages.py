"""The pages that a source lists: when each was read, and what it held."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from syndication.domain.article import Source, Validators
from syndication.domain.page import KnownPage
from syndication.store.engine import lock
from syndication.store.repository import Repository, batched, reads, writes
from syndication.store.tables.articles import pages


class KnownPages(Repository):
    """The pages of each source."""

    @reads
    def known(self, connection: Connection, source: Source) -> tuple[KnownPage, ...]:
        """Return the known pages of `source`, by address."""
        return tuple(_known(connection, source.name).values())

    @reads
    def listing(self, connection: Connection, url: str) -> frozenset[str]:
        """Return the names of the sources that found an article on the page at `url`."""
        query = select(pages.c.source).where(pages.c.url == url, pages.c.published.is_not(None))
        return frozenset(connection.execute(query).scalars())

    @writes
    def save(self, connection: Connection, source: Source, found: Sequence[KnownPage]) -> None:
        """Make `found` the known pages of `source`. Only differences are written: there may be tens of thousands of pages."""
        lock(connection, "sources")
        before = _known(connection, source.name)
        after = {page.url: page for page in found}
        for urls in batched(url for url in before if url not in after):
            connection.execute(delete(pages).where(pages.c.source == source.name, pages.c.url.in_(urls)))
        new = [_row(source, page) for url, page in after.items() if url not in before]
        for rows in batched(new):
            connection.execute(insert(pages), rows)
        changed = [_row(source, page) for url, page in after.items() if before.get(url, page) != page]
        if changed:
            connection.execute(
                _UPDATE, [{f"_{name}": value for name, value in row.items()} for row in changed]
            )


_KEY = ("source", "url")
_UPDATE = (
    update(pages)
    .where(*(pages.c[name] == bindparam(f"_{name}") for name in _KEY))
    .values({each: bindparam(f"_{each.name}") for each in pages.c if each.name not in _KEY})
)


def _known(connection: Connection, source: str) -> dict[str, KnownPage]:
    query = select(pages).where(pages.c.source == source).order_by(pages.c.url)
    return {row.url: _page(row) for row in connection.execute(query)}


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
