"""The sender's step on SQLite: a whole group in two statements, or not at all.

Every trip to sqlite3 gives up Python's lock and has to win it back from a busy event loop, so a group is handed over as one JSON text a
statement instead of a call a row, and past SQLAlchemy, which would cost a third more. The statements carry the fence themselves (batch, its token, the row's state); when they change fewer
rows than were asked for, somebody lost something: the transaction is undone, and `store/steps.py` finds out who, row by row.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection

from syndication.domain.delivery import Settled, State
from syndication.store.columns import kept_text, microseconds
from syndication.store.steps import HELD, REPLY, WAITING, Step

__all__ = ["Contested", "SqliteSteps"]

Row: TypeAlias = list[Any]

# The one held state that a settled row may come from, or None for either; states that cannot be settled into are left out.
_FROM = {
    state: before[0] if len(before) == 1 else None
    for state in State
    if state not in HELD and (before := [held for held in HELD if held.may_become(state)])
}
_LEASES = 1000  # batches that are remembered


class Contested(Exception):  # noqa: N818 - no fault: the sign to undo and to look row by row
    """Not every row was won."""


class SqliteSteps:
    """Takes groups of steps. It remembers until when each batch's lease needs no renewal, which saves a statement a commit."""

    def __init__(self) -> None:
        self._calm: dict[tuple[int, str], int] = {}  # batch and token → microseconds since 1970

    def take(self, connection: Connection, steps: Sequence[Step]) -> None:
        """Settle and mark all that `steps` ask for. Raises Contested, so that the transaction is undone, when not all is won."""
        raw = cast("sqlite3.Connection", connection.connection.driver_connection)
        settled: list[Row] = []
        marked: list[Row] = []
        for step in steps:
            now = microseconds(step.now)
            batch, done, mark = step.batch, step.done, step.mark
            if now >= self._calm.get((batch.id, batch.token), 0):
                self._renew(raw, batch.id, batch.token, now)
            if done is not None:
                settled.append([batch.mailing, batch.id, batch.token, *_result(done, now)])
            if mark is not None:
                marked.append([batch.mailing, batch.id, batch.token, mark.subscriber, mark.serial, now])
        _change(raw, _SETTLE, settled)
        _change(raw, _MARK, marked)

    def _renew(self, raw: sqlite3.Connection, batch: int, token: str, now: int) -> None:
        """Renew a lease that has half run out, and remember it."""
        found = raw.execute(_LEASE, (batch, token)).fetchone()
        if found is None:
            raise Contested
        lease, until = found
        if until - now < lease / 2:
            until = now + lease
            raw.execute(_RENEW, (until, batch))
        if len(self._calm) >= _LEASES:
            self._calm.clear()
        self._calm[batch, token] = until - lease // 2


def _result(done: Settled, now: int) -> Row:
    if done.state not in _FROM:
        raise Contested
    due = None
    if done.state in WAITING:
        due = now if done.due is None else microseconds(done.due)
    return [
        done.subscriber,
        done.serial,
        _FROM[done.state],
        done.state,
        due,
        int(done.counted),
        int(done.state is State.UNKNOWN),
        done.stage,
        done.reply.code,
        kept_text(done.reply.text[:REPLY]),
        kept_text(done.reply.server),
        now,
        now if done.state is State.DEFERRED else None,
    ]


def _change(raw: sqlite3.Connection, statement: str, rows: list[Row]) -> None:
    if rows and raw.execute(statement, (json.dumps(rows),)).rowcount != len(rows):
        raise Contested


def _fields(*names: str) -> str:
    """The columns of the JSON text, in order."""
    return ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))


# The plus keeps the planner on the primary key, whose row it needs anyway.
_FENCE = """
 WHERE deliveries.mailing = step.mailing AND deliveries.subscriber = step.subscriber AND deliveries.serial = step.serial
   AND +deliveries.batch = step.batch
   AND EXISTS (SELECT 1 FROM batches WHERE batches.id = step.batch AND batches.token = step.token)
"""
_FENCED = ("mailing", "batch", "token", "subscriber", "serial")
_SETTLED = ("held", "state", "due", "counted", "doubt", "stage", "code", "reply", "server", "now", "deferred")
_SETTLE = f"""UPDATE deliveries
   SET state = step.state, due = step.due, batch = NULL, attempts = attempts + step.counted, unknowns = unknowns + step.doubt,
       stage = step.stage, code = step.code, reply = step.reply, server = step.server, settled = step.now,
       first_deferred = coalesce(first_deferred, step.deferred)
  FROM (SELECT {_fields(*_FENCED, *_SETTLED)} FROM json_each(?)) AS step
{_FENCE} AND (step.held IS NULL OR deliveries.state = step.held)
"""  # noqa: S608 - made of constants
_MARK = f"""UPDATE deliveries SET state = '{State.DOTTING}', dotted = step.now
  FROM (SELECT {_fields(*_FENCED, "now")} FROM json_each(?)) AS step
{_FENCE} AND deliveries.state = '{State.CLAIMED}'
"""  # noqa: S608 - made of constants
_LEASE = "SELECT lease, lease_until FROM batches WHERE id = ? AND token = ?"
_RENEW = "UPDATE batches SET lease_until = ? WHERE id = ?"
