"""Holding a run inside one of its own transactions: a trigger in its database, set from outside, that never ends."""

import asyncio
import sqlite3
from dataclasses import dataclass

import psycopg

from syndication.domain.delivery import State

__all__ = ["Stall", "Stalled", "becoming"]

_SURE = 100  # looks in a row, 10 ms apart: a healthy transaction is over in less, on a busy machine too


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

    async def holds(self) -> bool:
        """Whether a run hangs there."""
        for _ in range(_SURE):
            if not self._hangs():
                return False
            await asyncio.sleep(0.01)
        return True

    def lift(self) -> None:
        """Take the trigger away, and end whoever hangs there without a client."""
        if not self._sqlite:
            self._do("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        self._do("DROP TRIGGER stall" + ("" if self._sqlite else f" ON {self._table}"))

    def _hangs(self) -> bool:
        if not self._sqlite:
            return bool(self._do("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
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
