"""One engine for both databases, and the two ways to use it: `read` and `write`.

Each takes a function of a connection and runs it in one transaction, on a thread of the store. A whole transaction is one trip to that
thread: an async driver makes one for each statement, which cost half of the time of a busy ledger (measured: 22 trips a commit).

SQLite's driver does not open transactions by itself here (the recipe of SQLAlchemy's SQLite page). A write begins IMMEDIATE, because a
transaction that reads first and writes later does not wait for the lock: it fails.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    FromClause,
    PoolProxiedConnection,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import ArgumentError

from syndication.errors import StoreError
from syndication.store.faults import described, translated
from syndication.store.group import GroupCommit
from syndication.store.sqlite_writer import SqliteWriter

T = TypeVar("T")
_Change: TypeAlias = Callable[[Connection], Any]

BUSY = 30_000  # milliseconds to wait for another process's write
THREADS = 4
# In a long log a row that changes three times moves into the file only once.
CHECKPOINT = 4_000  # pages of 4 KB in the write-ahead log
# More than a few batches write. A disk that fills up between the mark of a mail and its result leaves the mail in doubt.
ROOM = 32 * 2**20  # bytes
WAL_KEPT = 64 * 2**20  # bytes of the write-ahead log that are kept on disk after a big change
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def address(url: str) -> URL:
    """Return the address with its driver. Raises StoreError, which never quotes the address, for any other kind of database."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in _DRIVERS:
        raise StoreError("store.url is not the address of a store.", "Use sqlite:///PATH or postgresql://…")
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StoreError("store.url names no file.", "Use sqlite:///var/syndicate.db")
    return parsed.set(drivername=_DRIVERS[parsed.drivername])


class Database:
    """The engine and its threads. With `synchronous` "full" SQLite survives a power cut, with "normal" a killed process; `room` is the disk
    space in bytes that sending needs.
    """

    def __init__(self, url: str, *, synchronous: str = "full", room: int = ROOM) -> None:
        self._room = room
        self.url = address(url)
        if synchronous not in {"full", "normal"}:
            raise StoreError(f"store.synchronous cannot be {synchronous!r}.", 'Use "full" or "normal".')
        self._engine = _engine(self.url, synchronous)
        self._immediate = self._engine.execution_options(immediate=True)
        self._fsyncs = synchronous == "full"
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._read_threads = ThreadPoolExecutor(THREADS, "store-read")
        self._write_threads = ThreadPoolExecutor(THREADS, "store-write")
        # SQLite has one writer at a time, and waits for it by polling; the writers of this process queue here instead.
        self._turns = asyncio.Semaphore(1 if self.sqlite else THREADS)
        self._small: tuple[PoolProxiedConnection, SqliteWriter] | None = None
        self._together: GroupCommit[_Change, Any] = GroupCommit(self._write_all, keep=lambda change: change)

    @property
    def file(self) -> Path | None:
        """Return the path of SQLite's file, None on PostgreSQL."""
        return Path(self.url.database or "") if self.sqlite else None

    def make(self) -> None:
        """Create SQLite's file if it is missing, for its owner only: it holds every subscriber's address. The log files copy its mode."""
        if self.file is not None:
            with translated(self.url):
                self.file.touch(mode=0o600)

    def exists(self) -> bool:
        """Return whether there is a store to open: opening a missing SQLite file would create it."""
        return self.file is None or self.file.exists()

    def check_room(self) -> None:
        """Raise StoreError when the disk of SQLite's file is nearly full: a mail begun now might end without a record of its result."""
        if self.file is None:
            return
        with translated(self.url):
            free = shutil.disk_usage(self.file.parent).free
        if free < self._room:
            raise StoreError(
                f"{described(self.url)} is on a nearly full disk: {free // 2**20} MB are left, and sending needs {self._room // 2**20}.",
                "Make room, then run again.",
            )

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Return the result of `query`, from one snapshot. Raises StoreError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._read_threads, self._transact, self._engine, query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Make `change` in one durable transaction, or not at all. Raises StoreError.

        A cancelled caller gets no result, but a change that has begun is made.
        """
        loop = asyncio.get_running_loop()
        async with self._turns:
            return await loop.run_in_executor(self._write_threads, self._transact, self._immediate, change)

    async def write_together(self, change: Callable[[Connection], T]) -> T:
        """Make one of many small changes: those that arrive while a commit runs share the next one.

        A change that fails does not affect the others.
        """
        answer = await self._together.join(change)
        if isinstance(answer, StoreError):
            raise answer
        return cast("T", answer)

    async def _write_all(self, changes: Sequence[_Change]) -> Sequence[Any]:
        def all_of_them(connection: Connection) -> list[Any]:
            answers: list[Any] = []
            for change in changes:
                try:
                    with translated(self.url), connection.begin_nested():
                        answers.append(change(connection))
                except StoreError as error:
                    answers.append(error)
            return answers

        return await self.write(all_of_them)

    async def write_small(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make a change of a few rows with SQLite's driver, on this thread: that costs less than a trip to another."""
        with translated(self.url):
            if self._small is None:
                connection = self._engine.raw_connection()
                raw = cast("sqlite3.Connection", connection.driver_connection)
                self._small = connection, SqliteWriter(raw, patience=BUSY, fsyncs=self._fsyncs)
            _, writer = self._small
            async with self._turns:
                return await writer.write(change)

    def _transact(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with translated(self.url), engine.begin() as connection:
            return work(connection)

    async def close(self) -> None:
        """Wait for running transactions, then close every connection."""
        await self._together.drained()
        for threads in (self._read_threads, self._write_threads):
            await asyncio.to_thread(threads.shutdown)
        if self._small is not None:
            connection, writer = self._small
            await writer.close()
            connection.invalidate()
        self._engine.dispose()


def lock(connection: Connection, name: str) -> None:
    """Let one transaction at a time past this point. A write to SQLite holds the only lock already.

    A transaction that changes subscribers and other rows takes the lock `subscribers` first, before any row: otherwise two can deadlock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"syndication {name}"}
        )


class _SqliteCompiler(SQLiteCompiler):
    """SQLAlchemy silently drops hints for SQLite; ours are `INDEXED BY`."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002 - SQLAlchemy's protocol
        """Return the hint unchanged."""
        return text


def _engine(url: URL, synchronous: str) -> Engine:
    if url.get_backend_name() != "sqlite":
        server = create_engine(url, hide_parameters=True, pool_size=2 * THREADS, pool_pre_ping=True)
        event.listen(server, "connect", _limit_waiting)
        return server
    with translated(url):
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=2 * THREADS,
        connect_args={"timeout": BUSY / 1000, "isolation_level": None},
    )

    engine.dialect.statement_compiler = _SqliteCompiler

    def prepare(connection: Any, _record: object) -> None:
        for pragma in (
            f"busy_timeout={BUSY}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            f"wal_autocheckpoint={CHECKPOINT}",
            f"journal_size_limit={WAL_KEPT}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _limit_waiting(connection: Any, _record: object) -> None:
    """Limit two waits that PostgreSQL does not: for a lock, and for the next statement of a client that was suspended in a transaction."""
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {BUSY}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {2 * BUSY}")
    connection.autocommit = False
