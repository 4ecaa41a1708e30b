"""Small writes to SQLite, made on the thread that asks: a trip to another one costs more than the statements themselves.

Python's threads take turns by one lock, which every call of sqlite3 gives up and has to win back from a busy event loop. So the
statements run where they are asked for, and only what may take long is left to a thread: waiting for another process's transaction,
and the fsync of a commit, which `synchronous = "full"` asks of every one.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["SqliteWriter"]

T = TypeVar("T")


class SqliteWriter:
    """One connection and its transactions, one at a time. `patience`, in milliseconds, is for another process's write."""

    def __init__(self, connection: sqlite3.Connection, *, patience: int, fsyncs: bool) -> None:
        self._connection = connection
        self._patience = patience
        self._fsyncs = fsyncs
        self._thread = ThreadPoolExecutor(1, "store-commit")
        connection.execute("PRAGMA busy_timeout = 0")

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Make `change`, a matter of microseconds, in one durable transaction, or not at all. Raises sqlite3.Error."""
        loop = asyncio.get_running_loop()
        if not self._begun():
            await loop.run_in_executor(self._thread, self._begin)
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

    def _begun(self) -> bool:
        """Whether nobody else writes: the transaction is ours."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def _begin(self) -> None:
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
        """Let a commit end."""
        await asyncio.to_thread(self._thread.shutdown)
