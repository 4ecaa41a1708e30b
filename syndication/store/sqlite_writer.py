"""Small writes to SQLite, made on the caller's thread: a trip to another thread costs more than the statements.

Python's threads share one lock. Every call of sqlite3 releases it, and a thread would have to win it back from a busy event loop. So the
statements run on the caller's thread, and only what may take long runs on another: waiting for another process's transaction, and the
fsync of a commit, which `synchronous = "full"` requires.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class SqliteWriter:
    """One connection and its transactions, one at a time. `patience` is how long to wait for another process's write, in milliseconds."""

    def __init__(self, connection: sqlite3.Connection, *, patience: int, fsyncs: bool) -> None:
        self._connection = connection
        self._patience = patience
        self._fsyncs = fsyncs
        self._thread = ThreadPoolExecutor(1, "store-commit")
        connection.execute("PRAGMA busy_timeout = 0")

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make `change`, which should take microseconds, in one durable transaction, or not at all. Raises sqlite3.Error."""
        loop = asyncio.get_running_loop()
        if not self._begin_at_once():
            await loop.run_in_executor(self._thread, self._begin_patiently)
        try:
            answer = change(self._connection)
        except BaseException:
            self._connection.rollback()
            raise
        if self._fsyncs:
            await loop.run_in_executor(self._thread, self._commit)
        else:
            self._commit()
        return answer

    def _begin_at_once(self) -> bool:
        """Begin a transaction if no other connection writes, and return whether it has begun."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _begin_patiently(self) -> None:
        self._connection.execute(f"PRAGMA busy_timeout = {self._patience}")
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.execute("PRAGMA busy_timeout = 0")

    def _commit(self) -> None:
        try:
            self._connection.commit()
        except sqlite3.Error:  # a full disk
            self._connection.rollback()
            raise

    async def close(self) -> None:
        """Wait for the running commit."""
        await asyncio.to_thread(self._thread.shutdown)
