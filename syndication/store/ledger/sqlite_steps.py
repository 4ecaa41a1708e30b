"""The sender's step on SQLite: a whole group in two statements, or not at all.

They go past SQLAlchemy, which would cost more than they do, and carry the fence themselves (batch, its token, the row's state). When
they change fewer rows than were asked for, somebody lost something: the transaction is undone, and `store/ledger/steps.py` finds out who, row
by row.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from syndication.domain.delivery import Batch, Recipient, Settled, State
from syndication.store.columns import kept_text, microseconds
from syndication.store.ledger.steps import HELD, REPLY, WAITING, Step

__all__ = ["Contested", "SqliteSteps"]

Row: TypeAlias = tuple[Any, ...]

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

    def take(self, connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
        """Settle and mark all that `steps` ask for. Raises Contested, so that the transaction is undone, when not all is won."""
        settled: list[Row] = []
        marked: list[Row] = []
        for step in steps:
            now = microseconds(step.now)
            batch, done, mark = step.batch, step.done, step.mark
            if now >= self._calm.get((batch.id, batch.token), 0):
                self._renew(connection, batch.id, batch.token, now)
            if done is not None:
                if done.state not in _FROM:
                    raise Contested
                settled.append((*_result(done, now), *_fence(batch, done, _FROM[done.state])))
            if mark is not None:
                marked.append((now, *_fence(batch, mark, State.CLAIMED)))
        _change(connection, _SETTLE, settled)
        _change(connection, _MARK, marked)

    def _renew(self, connection: sqlite3.Connection, batch: int, token: str, now: int) -> None:
        """Renew a lease that has half run out, and remember it."""
        found = connection.execute(_LEASE, (batch, token)).fetchone()
        if found is None:
            raise Contested
        lease, until = found
        if until - now < lease / 2:
            until = now + lease
            connection.execute(_RENEW, (until, batch))
        if len(self._calm) >= _LEASES:
            self._calm.clear()
        self._calm[batch, token] = until - lease // 2


def _result(done: Settled, now: int) -> Row:
    """The values of `_SETTLE` up to its fence."""
    due = None
    if done.state in WAITING:
        due = now if done.due is None else microseconds(done.due)
    return (
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
    )


def _fence(batch: Batch, row: Settled | Recipient, held: State | None) -> Row:
    """The values of `_FENCE`."""
    return batch.mailing, row.subscriber, row.serial, batch.id, held, batch.id, batch.token


def _change(connection: sqlite3.Connection, statement: str, rows: list[Row]) -> None:
    if rows and connection.executemany(statement, rows).rowcount != len(rows):
        raise Contested


# The plus keeps the planner on the primary key, whose row it needs anyway.
_FENCE = """
 WHERE mailing = ? AND subscriber = ? AND serial = ? AND +batch = ? AND state = coalesce(?, state)
   AND EXISTS (SELECT 1 FROM batches WHERE id = ? AND token = ?)
"""
# Of a subscriber who was erased meanwhile the server's words, which may quote the address, are not kept.
_SETTLE = f"""UPDATE deliveries
   SET state = ?, due = ?, batch = NULL, attempts = attempts + ?, unknowns = unknowns + ?, stage = ?, code = ?,
       reply = CASE WHEN key = '' THEN '' ELSE ? END, server = ?, settled = ?, first_deferred = coalesce(first_deferred, ?)
{_FENCE}"""  # noqa: S608 - made of constants
_MARK = f"UPDATE deliveries SET state = '{State.DOTTING}', dotted = ? {_FENCE}"  # noqa: S608 - made of constants
_LEASE = "SELECT lease, lease_until FROM batches WHERE id = ? AND token = ?"
_RENEW = "UPDATE batches SET lease_until = ? WHERE id = ?"
