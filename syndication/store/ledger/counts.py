"""Counting a mailing's rows by state, and folding: rows that were settled long ago become counts, and their names and addresses go."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from syndication.domain.delivery import Counts, Stage, State
from syndication.errors import StoreError
from syndication.store.engine import lock
from syndication.store.tables.sending import batches, deliveries, mailings, tallies

_c = deliveries.c
# What is not worth a retry; which refusals suppress a subscriber is decided by `kind_of` in `domain/bounce.py`, whose rule for dead
# addresses this repeats in SQL. Enhanced status codes (RFC 3463): 5.1.x is a dead address, except that 5.1.7 and 5.1.8 are about the sender's. Everything else may change
# with our configuration or theirs.
DEAD: ColumnElement[bool] = and_(
    _c.stage.in_((Stage.RCPT, Stage.DATA, Stage.DOT)),
    _c.reply.like("5.1.%"),
    ~or_(_c.reply.like("5.1.7%"), _c.reply.like("5.1.8%")),
)
_OURS = case((and_(_c.state == State.FAILED, ~or_(DEAD, _c.stage == Stage.CONSENT)), 1), else_=0)
_DOUBTFUL = case((_c.unknowns > 0, 1), else_=0)
_SETTLED = (State.SENT, State.FAILED, State.NO_CONTENT)  # not unknown rows: they wait for a decision


def counts(connection: Connection, mailing: str) -> Counts:
    """Count a mailing's rows by state, folded rows included."""
    live = (
        select(_c.state, func.count(), func.sum(_OURS), func.sum(_DOUBTFUL))
        .where(_c.mailing == mailing)
        .group_by(_c.state)
    )
    t = tallies.c
    folded = select(t.state, t.count, t.for_us, t.doubtful).where(t.mailing == mailing)
    of: Counter[State] = Counter()
    ours = doubtful = 0
    for query in (live, folded):
        for state, number, for_us, doubts in connection.execute(query):
            of[State(state)] += number
            ours += for_us
            doubtful += doubts
    return Counts(
        recipients=sum(of.values()),
        queued=of[State.QUEUED] + of[State.CLAIMED] + of[State.DOTTING],
        sent=of[State.SENT],
        deferred=of[State.DEFERRED],
        failed=of[State.FAILED],
        unknown=of[State.UNKNOWN],
        no_content=of[State.NO_CONTENT],
        failed_for_us=ours,
        doubtful=doubtful,
    )


def fold(connection: Connection, *, before: datetime, limit: int) -> int:
    """Turn up to `limit` rows of one mailing that were settled before `before` into counts. Return how many; 0 when none is left."""
    lock(connection, "fold")
    for mailing in connection.execute(_old_and_done(before)).scalars().all():
        ripe = and_(_c.mailing == mailing, _c.state.in_(_SETTLED), _c.settled < before)
        query = (
            select(_c.subscriber, _c.serial, _c.state, _OURS.label("for_us"), _DOUBTFUL.label("doubtful"))
            .where(ripe)
            .order_by(_c.subscriber, _c.serial)
            .limit(limit)
            .with_for_update()
        )
        if rows := connection.execute(query).all():
            last = (rows[-1].subscriber, rows[-1].serial)
            gone = delete(deliveries).where(ripe, tuple_(_c.subscriber, _c.serial) <= last)
            if connection.execute(gone).rowcount != len(rows):
                raise StoreError("The ledger changed under a lock.", "Nothing was folded; run again.")
            for state in {row.state for row in rows}:
                _add_counts(connection, mailing, state, [row for row in rows if row.state == state])
            return len(rows)
    return 0


def _old_and_done(before: datetime) -> Select[Any]:
    """Select the mailings from before `before` that have rows, none of them waiting (an index tells) or held (a batch would exist)."""
    of = _c.mailing == mailings.c.id
    waits = (
        select(_c.mailing)
        .where(of, _c.due.is_not(None))
        .with_hint(deliveries, "INDEXED BY deliveries_waiting", "sqlite")
        .exists()
    )
    held = select(batches.c.id).where(batches.c.mailing == mailings.c.id).exists()
    return (
        select(mailings.c.id)
        .where(mailings.c.date < before, select(_c.mailing).where(of).exists(), ~waits, ~held)
        .order_by(mailings.c.date, mailings.c.id)
    )


def _add_counts(connection: Connection, mailing: str, state: str, rows: list[Any]) -> None:
    """Add to the counts of a state. Under the lock: no other transaction inserts the state's row meanwhile."""
    t = tallies.c
    more = {
        "count": len(rows),
        "for_us": sum(row.for_us for row in rows),
        "doubtful": sum(row.doubtful for row in rows),
    }
    added = update(tallies).where(t.mailing == mailing, t.state == state)
    changed = connection.execute(added.values({name: t[name] + number for name, number in more.items()}))
    if not changed.rowcount:
        connection.execute(insert(tallies).values(mailing=mailing, state=state, **more))
