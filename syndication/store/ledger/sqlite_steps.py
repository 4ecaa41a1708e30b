"""The sender's steps on SQLite: a whole group in two statements, or not at all.

The statements bypass SQLAlchemy, which would cost more than they do, and contain the fence (the batch, its token, the row's state). When
they change fewer rows than there are steps, some step lost: the transaction is rolled back, and `store/ledger/steps.py` finds out which,
row by row.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from syndication.domain.delivery import Batch, Recipient, Settled, State
from syndication.store.columns import kept_text, microseconds
from syndication.store.ledger.steps import HELD, REPLY, WAITING, Step

Row: TypeAlias = tuple[Any, ...]

# For each state that a row can be settled into: the one held state that it may come from, or None for either.
_FROM = {
    state: before[0] if len(before) == 1 else None
    for state in State
    if state not in HELD and (before := [held for held in HELD if held.may_become(state)])
}
_LEASES = 1000  # remembered batches


class Contested(Exception):  # noqa: N818 - a signal to roll back and go row by row
    """Some row was not won."""


class SqliteSteps:
    """Applies groups of steps. It remembers until when each batch's lease needs no renewal, which saves a statement in each commit."""

    def __init__(self) -> None:
        self._renew_from: dict[tuple[int, str], int] = {}  # batch and token → microseconds since 1970

    def apply(self, connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
        """Settle and mark all rows of `steps`. Raises Contested when one is not won, so that the transaction is rolled back."""
        settled: list[Row] = []
        marked: list[Row] = []
        for step in steps:
            now = microseconds(step.now)
            batch, done, mark = step.batch, step.done, step.mark
            if now >= self._renew_from.get((batch.id, batch.token), 0):
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
        """Renew a lease of which half has run out, and remember when to look again."""
        found = connection.execute(_LEASE, (batch, token)).fetchone()
        if found is None:
            raise Contested
        lease, until = found
        if until - now < lease / 2:
            until = now + lease
            connection.execute(_RENEW, (until, batch))
        if len(self._renew_from) >= _LEASES:
            self._renew_from.clear()
        self._renew_from[batch, token] = until - lease // 2


def _result(done: Settled, now: int) -> Row:
    """Return the values of `_SETTLE` up to its fence."""
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
    """Return the values of `_FENCE`."""
    return batch.mailing, row.subscriber, row.serial, batch.id, held, batch.id, batch.token


def _change(connection: sqlite3.Connection, statement: str, rows: list[Row]) -> None:
    if rows and connection.executemany(statement, rows).rowcount != len(rows):
        raise Contested


# The plus keeps the planner on the primary key, whose row it has to read anyway.
_FENCE = """
 WHERE mailing = ? AND subscriber = ? AND serial = ? AND +batch = ? AND state = coalesce(?, state)
   AND EXISTS (SELECT 1 FROM batches WHERE id = ? AND token = ?)
"""
# When the subscriber was erased meanwhile the server's words are not kept: they may quote the address.
_SETTLE = f"""UPDATE deliveries
   SET state = ?, due = ?, batch = NULL, attempts = attempts + ?, unknowns = unknowns + ?, stage = ?, code = ?,
       reply = CASE WHEN key = '' THEN '' ELSE ? END, server = ?, settled = ?, first_deferred = coalesce(first_deferred, ?)
{_FENCE}"""  # noqa: S608 - made of constants
_MARK = f"UPDATE deliveries SET state = '{State.DOTTING}', dotted = ? {_FENCE}"  # noqa: S608 - made of constants
_LEASE = "SELECT lease, lease_until FROM batches WHERE id = ? AND token = ?"
_RENEW = "UPDATE batches SET lease_until = ? WHERE id = ?"
