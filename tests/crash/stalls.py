"""Holding a run inside one of its own transactions: a trigger in its database, set from outside, that never ends."""

import asyncio
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psycopg

from syndication.domain.delivery import State
from tests.crash.runs import below

__all__ = ["Stall", "Stalled", "becoming"]

_SURE = 1.0  # seconds of work in one transaction: a healthy one takes far less, and one that a busy machine keeps waiting does none
_HANGS = "pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"  # others share the server


@dataclass(frozen=True, slots=True)
class Stall:
    """Which statement is to hang, in the words of CREATE TRIGGER that both databases understand."""

    event: str  # INSERT, DELETE, UPDATE OF column
    table: str
    condition: str = "1 = 1"


def becoming(state: State) -> Stall:
    """The statement that brings a row into this state."""
    return Stall("UPDATE OF state", "deliveries", f"NEW.state = '{state}'")


class Stalled:
    """The stall, in place from `Stalled(url, stall)` to `lift`."""

    def __init__(self, url: str, stall: Stall) -> None:
        self._url = url
        self._sqlite = url.startswith("sqlite")
        head = f"CREATE TRIGGER stall BEFORE {stall.event} ON {stall.table} FOR EACH ROW"
        if self._sqlite:
            # Rows multiplied often enough: a query that outlives every test.
            forever = ", ".join(f"sqlite_master AS s{number}" for number in range(24))
            self._do(f"{head} WHEN {stall.condition} BEGIN SELECT count(*) FROM {forever}; END")
        else:
            self._do(
                "CREATE OR REPLACE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql "
                "AS 'BEGIN PERFORM pg_sleep(600); RETURN coalesce(NEW, OLD); END'"
            )
            self._do(f"{head} WHEN ({stall.condition}) EXECUTE FUNCTION stall()")
        self._table = stall.table

    async def holds(self, run: int) -> bool:
        """Whether the run, a process, hangs there."""
        if not self._sqlite:
            return bool(self._do(f"SELECT 1 FROM {_HANGS}"))
        before = _worked(run)
        while self._locked():
            if any(seconds - before.get(thread, 0) >= _SURE for thread, seconds in _worked(run).items()):
                return True
            await asyncio.sleep(0.01)
        return False

    def lift(self) -> None:
        """Take the trigger away, and end whoever hangs there without a client."""
        if not self._sqlite:
            self._do(f"SELECT pg_terminate_backend(pid) FROM {_HANGS}")
        self._do("DROP TRIGGER stall" + ("" if self._sqlite else f" ON {self._table}"))

    def _locked(self) -> bool:
        connection = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=0)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        finally:
            connection.close()
        return False

    def _do(self, statement: str) -> list[tuple[object, ...]]:
        if self._sqlite:
            connection = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=30)
            try:
                rows = connection.execute(statement).fetchall()
                connection.commit()
                return rows
            finally:
                connection.close()
        with psycopg.connect(self._url, autocommit=True) as server:
            cursor = server.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def _worked(run: int) -> dict[str, float]:
    """The seconds that each thread of a run and its senders has worked (proc(5): utime, stime)."""
    seconds = {}
    for thread in (file for pid in (run, *below(run)) for file in Path(f"/proc/{pid}/task").glob("*/stat")):
        try:
            words = thread.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        seconds[str(thread)] = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return seconds
