"""A copy of the store for a dry run: always an SQLite file of its own, whichever database the site uses.

Row by row through the schema, so that one way serves both. Of the deliveries only those of the rehearsed edition are taken.
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

__all__ = ["open_rehearsal_store"]

PAGE = 5_000  # rows
_HEAVY = 100  # rows of whole documents
_NOT_COPIED = (
    batches,
    bounces,
    intake,
    items,
)  # what some run holds, came back, or is made again where it is needed
_PUBLISHED = (built, due_articles, files, history, listings, sealed, shelves)  # what the folder has


async def open_rehearsal_store(url: str, file: Path, *, edition: WeekKey, publishes: bool) -> Store:
    """Copy the store at `url` into the new `file` and open the copy. Without `publishes` the copy knows of no published folder. The original is only read: a store that is not there yet is not
    made. Raises StoreError for a store that a real run would migrate first.
    """
    store = await open_store(f"sqlite:///{file}", synchronous="normal")
    source = Database(url)
    try:
        if source.exists():
            await _copy(
                source, store.database, edition, _NOT_COPIED if publishes else (*_NOT_COPIED, *_PUBLISHED)
            )
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
            "`syndicate doctor` brings it up to date; then try again.",
        )
    for table in metadata.sorted_tables:
        if not any(table is left for left in left_out):
            await _copy_table(source, target, table, edition)


async def _copy_table(source: Database, target: Database, table: Table, edition: WeekKey) -> None:
    last: Sequence[Any] | None = None
    key = list(table.primary_key.columns)
    while True:
        rows = await source.read(partial(_rows, question=_page(table, edition, last)))
        if rows:
            await target.write(partial(_insert, table=table, rows=rows))
        if len(rows) < _page_size(table):
            return
        last = [rows[-1][column.name] for column in key]


def _page(table: Table, edition: WeekKey, last: Sequence[Any] | None) -> Select[Any]:
    key: list[ColumnElement[Any]] = list(table.primary_key.columns)
    question = select(table).order_by(*key).limit(_page_size(table))
    if table is deliveries:
        wanted = select(mailings.c.id).where(mailings.c.edition == str(edition))
        question = question.where(deliveries.c.mailing.in_(wanted))
    return question if last is None else question.where(tuple_(*key) > tuple_(*last))


def _page_size(table: Table) -> int:
    return _HEAVY if table is sealed else PAGE


def _rows(connection: Connection, question: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(question).mappings()]


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if table is deliveries and row["batch"] is not None:  # held by a run of the real store
            row.update(batch=None, state="unknown", due=None)
    connection.execute(insert(table), rows)
