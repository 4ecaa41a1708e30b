"""One engine for both databases, and the two ways to use it: `read` and `write`.

Each takes a function of a connection and runs it in one transaction. SQLite's driver is kept from opening transactions by itself (the
recipe of SQLAlchemy's SQLite page): a write begins IMMEDIATE, because a transaction that reads first and writes later cannot wait for
the lock, it fails.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from syndication.errors import StoreError
from syndication.store.faults import translated

__all__ = ["Database", "address", "lock"]

T = TypeVar("T")

BUSY = 30_000  # milliseconds to wait for another process's write
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}


def address(url: str) -> URL:
    """The address with its driver. Raises StoreError for another database than these two, never quoting the address."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in _DRIVERS:
        raise StoreError("store.url is not an address of a store.", "Use sqlite:///PATH or postgresql://…")
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreError("store.url names no file.", "Use sqlite:///var/syndicate.db")
    return parsed.set(drivername=_DRIVERS[parsed.drivername])


class Database:
    """Holds the engine. `synchronous` is SQLite's: "full" survives a power cut, "normal" a killed process."""

    def __init__(self, url: str, *, synchronous: str = "full") -> None:
        self.url = address(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if synchronous not in {"full", "normal"}:
            raise StoreError(f"store.synchronous cannot be {synchronous!r}.", 'Use "full" or "normal".')
        self._engine = _engine(self.url, synchronous)
        self._write_engine = self._engine.execution_options(immediate=True)

    async def read(self, question: Callable[[Connection], T]) -> T:
        """What `question` answers, from one snapshot. Raises StoreError."""
        return await self._within(self._engine, question)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Make `change` in one durable transaction, or not at all. Raises StoreError."""
        return await self._within(self._write_engine, change)

    async def _within(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        with translated(self.url):
            async with engine.begin() as connection:
                return await connection.run_sync(work)

    async def close(self) -> None:
        """Close every connection."""
        # Shielded: a cancelled close would leave the driver's threads running.
        closing = asyncio.ensure_future(self._engine.dispose())
        with contextlib.suppress(OSError):
            await asyncio.shield(closing)


def lock(connection: Connection, name: str) -> None:
    """Let one transaction at a time past this point. A write to SQLite holds its only lock already."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"syndication {name}"}
        )


def _engine(url: URL, synchronous: str) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, hide_parameters=True, pool_size=5, pool_pre_ping=True)
    with translated(url):
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url, hide_parameters=True, pool_size=5, connect_args={"timeout": BUSY / 1000}
    )

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", begin)
    return engine
