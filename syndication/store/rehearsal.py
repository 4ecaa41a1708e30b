"""A copy of the store for a dry run: always an SQLite file, whichever database the site uses.

Rows are copied through the schema, which works for both databases. Of the deliveries only the rehearsed edition's are copied.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, insert, select, tuple_

from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.store.database import Store, open_store
from syndication.store.engine import Database
from syndication.store.schema import is_current
from syndication.store.tables.core import metadata
from syndication.store.tables.publishing import (
    built,
    due_articles,
    files,
    history,
    items,
    listings,
    sealed,
    shelves,
)
from syndication.store.tables.sending import batches, deliveries, mailings
from syndication.store.tables.subscribers import bounces, intake

PAGE = 5_000  # rows
_HEAVY_PAGE = 100  # rows with whole documents
# A rehearsal needs neither the batches of running processes nor the bounces, and it makes feed items again.
_NOT_COPIED = (batches, bounces, intake, items)
_PUBLISHED = (built, due_articles, files, history, listings, sealed, shelves)


async def open_rehearsal_store(url: str, file: Path, *, edition: WeekKey, publishes: bool) -> Store:
    """Copy the store at `url` into the new `file`, and open the copy. Without `publishes` the copy has no published folder.

    The original is only read, and not created when it is missing. Raises StoreError for a store that a real run would migrate first.
    """
    store = await open_store(f"sqlite:///{file}", synchronous="normal")
    source = Database(url)
    try:
        if source.exists():
            left_out = _NOT_COPIED if publishes else (*_NOT_COPIED, *_PUBLISHED)
            await _copy(source, store.database, edition, left_out)
    except BaseException:
        await store.close()
        raise
    finally:
        await source.close()
    return store


async def _copy(source: Database, target: Database, edition: WeekKey, left_out: Sequence[Table]) -> None:
    if not await source.read(is_current):
        raise StoreError(
            "The store has the schema of an older version.",
            "Run `syndicate doctor`, which upgrades it, then try again.",
        )
    for table in metadata.sorted_tables:
        if not any(table is left for left in left_out):
            await _copy_table(source, target, table, edition)


async def _copy_table(source: Database, target: Database, table: Table, edition: WeekKey) -> None:
    last: Sequence[Any] | None = None
    key = list(table.primary_key.columns)
    while True:
        rows = await source.read(partial(_rows, query=_page(table, edition, last)))
        if rows:
            await target.write(partial(_insert, table=table, rows=rows))
        if len(rows) < _page_size(table):
            return
        last = [rows[-1][column.name] for column in key]


def _page(table: Table, edition: WeekKey, last: Sequence[Any] | None) -> Select[Any]:
    key: list[ColumnElement[Any]] = list(table.primary_key.columns)
    query = select(table).order_by(*key).limit(_page_size(table))
    if table is deliveries:
        rehearsed = select(mailings.c.id).where(mailings.c.edition == str(edition))
        query = query.where(deliveries.c.mailing.in_(rehearsed))
    return query if last is None else query.where(tuple_(*key) > tuple_(*last))


def _page_size(table: Table) -> int:
    return _HEAVY_PAGE if table is sealed else PAGE


def _rows(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if table is deliveries and row["batch"] is not None:  # a run of the real store holds it
            row.update(batch=None, state="unknown", due=None)
    connection.execute(insert(table), rows)
