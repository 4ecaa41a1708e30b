"""Taking rows and giving them back: claim, finish, recover, resend.

The fence: a held row carries its batch's number, which is never used twice, and the batch carries a token. Whoever takes rows over
removes the number, so that the old owner's next step wins nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, Select, Update, bindparam, delete, func, insert, select, update

from syndication.domain.delivery import Batch, MailingKind, Recipient, Stage, State
from syndication.domain.subscriber import Consent
from syndication.store import sqlite_claims
from syndication.store.counts import DEAD
from syndication.store.hold import goes
from syndication.store.tables import batches, deliveries, lanes, mailings, subscribers

__all__ = [
    "claim",
    "due",
    "finish",
    "held",
    "next_due",
    "recipients",
    "recover",
    "resend",
    "resend_unknown",
    "retry_failed",
]

ResendAt: TypeAlias = Callable[[int, datetime], datetime | None]

# Who may get which mailing: a confirmation goes to those who have not confirmed yet.
_WELCOME = {MailingKind.DIGEST: Consent.CONFIRMED, MailingKind.CONFIRMATION: Consent.PENDING}
# SQLite would walk the primary key over finished rows, and claiming would take quadratic time.
_BY_WAITING = "INDEXED BY deliveries_waiting"


def claim(
    connection: Connection, mailing: str, owner: str, token: str, *, now: datetime, lease: float, size: int
) -> Batch | None:
    """Lease up to `size` due rows of the lane whose turn it is, or None when nothing is due."""
    for lane in _due_lanes(connection, mailing, now):
        while rows := _due_rows(connection, mailing, lane, now, size):
            welcome = tuple(row for row, is_welcome in rows if is_welcome)
            _settle_gone(connection, mailing, [row for row, is_welcome in rows if not is_welcome], now)
            if welcome:
                batch = Batch(0, mailing, lane, owner, token, welcome)
                return _lease(connection, batch, now, timedelta(seconds=lease))
    return None


def finish(connection: Connection, batch: Batch) -> None:
    """Give back what is still claimed; what is dotting stays for `recover`, with its batch."""
    if connection.execute(_ours(batch)).first() is None:
        return
    _requeue(connection, batch.id)
    rest = select(deliveries.c.batch).where(deliveries.c.batch == batch.id).exists()
    connection.execute(delete(batches).where(batches.c.id == batch.id, ~rest))


def held(connection: Connection, batch: int) -> Batch | None:
    """The batch with the rows still claimed under its token; None when it is over."""
    found = connection.execute(select(batches).where(batches.c.id == batch)).first()
    if found is None:
        return None
    c = deliveries.c
    rows = connection.execute(
        select(deliveries).where(c.batch == batch, c.state == State.CLAIMED).order_by(c.subscriber, c.serial)
    )
    return Batch(
        id=found.id,
        mailing=found.mailing,
        lane=found.lane,
        owner=found.owner,
        token=found.token,
        rows=tuple(map(_recipient, rows)),
    )


def recover(connection: Connection, mailing: str, *, now: datetime, dead: str, resend: bool) -> int:
    """Take over from dead owners. Returns how many dotting rows were left in doubt."""
    question = select(batches).where(batches.c.mailing == mailing).order_by(batches.c.id).with_for_update()
    doubtful = 0
    for batch in connection.execute(question).all():
        if not f"{batch.owner}/".startswith(f"{dead}/") and batch.lease_until > now:
            continue
        _requeue(connection, batch.id)
        dotting = update(deliveries).where(
            deliveries.c.batch == batch.id, deliveries.c.state == State.DOTTING
        )
        unknown = dotting.values(
            state=State.UNKNOWN,
            batch=None,
            unknowns=deliveries.c.unknowns + 1,
            stage=Stage.DOT,
            settled=now,
        ).returning(deliveries.c.subscriber, deliveries.c.serial)
        rows = [_key(mailing, row) for row in connection.execute(unknown)]
        doubtful += len(rows)
        if resend and rows:
            connection.execute(_again(now), rows)
        connection.execute(delete(batches).where(batches.c.id == batch.id))
    return doubtful


def resend(connection: Connection, mailing: str, *, now: datetime, when: ResendAt) -> datetime | None:
    """Queue again the unknown rows whose time has come; returns the earliest time of the others."""
    c = deliveries.c
    question = (
        select(c.subscriber, c.serial, c.unknowns, c.settled)
        .where(c.mailing == mailing, c.unknowns > 0, c.state == State.UNKNOWN)  # the index of doubtful rows
        .with_for_update()
    )
    times = [(row, when(row.unknowns, row.settled)) for row in connection.execute(question)]
    ripe = [_key(mailing, row) for row, time in times if time is not None and time <= now]
    if ripe:
        connection.execute(_again(now), ripe)
    return min((time for _, time in times if time is not None and time > now), default=None)


def resend_unknown(connection: Connection, mailing: str, *, now: datetime) -> int:
    """Queue every unknown row again."""
    c = deliveries.c
    held_back = update(deliveries).where(c.mailing == mailing, c.unknowns > 0, c.state == State.UNKNOWN)
    return connection.execute(held_back.values(state=State.QUEUED, due=now)).rowcount


def retry_failed(connection: Connection, mailing: str, *, now: datetime) -> int:
    """Queue failed rows again for which another try can end otherwise."""
    c = deliveries.c
    again = update(deliveries).where(
        c.mailing == mailing, c.state == State.FAILED, ~DEAD, c.stage.not_in((Stage.CONSENT, Stage.ADDRESS))
    )
    return connection.execute(again.values(state=State.QUEUED, due=now, first_deferred=None)).rowcount


def recipients(connection: Connection, question: Select[Any]) -> list[Recipient]:
    """Rows of deliveries as what their merge needs."""
    return [_recipient(row) for row in connection.execute(question)]


def due(connection: Connection, mailing: str, now: datetime, limit: int) -> int:
    """How many rows are due, counted up to `limit`."""
    c = deliveries.c
    question = select(c.subscriber).where(c.mailing == mailing, c.due <= now).limit(limit)
    rows = question.with_hint(deliveries, _BY_WAITING, "sqlite").subquery()
    return connection.execute(select(func.count()).select_from(rows)).scalar_one()


def next_due(connection: Connection, mailing: str) -> datetime | None:
    """When the next waiting row is due, or the next held one can be taken over; None when there is neither, or nothing may be sent."""
    if not goes(connection, mailing):
        return None
    leases = select(func.min(batches.c.lease_until)).where(batches.c.mailing == mailing)
    times = (
        connection.execute(question).scalar()
        for question in (select(func.min(_lanes(mailing).subquery().c.due)), leases)
    )
    return min(filter(None, times), default=None)


def _lanes(mailing: str) -> Select[Any]:
    """Each lane with its earliest due time: one step down an index a lane."""
    c = deliveries.c
    first = (
        select(func.min(c.due))
        .where(c.mailing == lanes.c.mailing, c.lane == lanes.c.lane, c.due.is_not(None))
        .with_hint(deliveries, _BY_WAITING, "sqlite")
        .scalar_subquery()
    )
    return select(lanes.c.lane, lanes.c.turn, first.label("due")).where(lanes.c.mailing == mailing)


def _due_lanes(connection: Connection, mailing: str, now: datetime) -> Sequence[str]:
    """The lanes with due rows, the one served least first; none of a mailing that may not be sent."""
    if not goes(connection, mailing):
        return ()
    found = _lanes(mailing).subquery()
    question = (
        select(found.c.lane).where(found.c.due <= now).order_by(found.c.turn, found.c.due, found.c.lane)
    )
    return connection.execute(question).scalars().all()


def _due_rows(
    connection: Connection, mailing: str, lane: str, now: datetime, size: int
) -> list[tuple[Recipient, bool]]:
    """Due rows, the longest first, and whether their readers are still welcome."""
    c = deliveries.c
    kind = select(mailings.c.kind).where(mailings.c.id == mailing)
    consent = _WELCOME[MailingKind(connection.execute(kind).scalar_one())]
    if connection.dialect.name == "sqlite":
        return sqlite_claims.due_rows(connection, mailing, lane, consent, now=now, size=size)
    question = (
        select(deliveries, (func.coalesce(subscribers.c.consent, "") == consent).label("welcome"))
        .outerjoin(subscribers, subscribers.c.id == c.subscriber)
        .where(c.mailing == mailing, c.lane == lane, c.due <= now)
        .order_by(c.due, c.subscriber, c.serial)
        .limit(size)
        .with_for_update(of=deliveries, skip_locked=True)  # another worker's rows are passed over
    )
    return [(_recipient(row), row.welcome) for row in connection.execute(question)]


def _lease(connection: Connection, batch: Batch, now: datetime, lease: timedelta) -> Batch:
    """Write the batch down; it comes back with its number."""
    made = connection.execute(
        insert(batches)
        .values(
            mailing=batch.mailing,
            lane=batch.lane,
            owner=batch.owner,
            token=batch.token,
            lease=lease // timedelta(microseconds=1),
            lease_until=now + lease,
        )
        .returning(batches.c.id)
    )
    number = made.scalar_one()
    _take(connection, replace(batch, id=number), now)
    turn = update(lanes).where(lanes.c.mailing == batch.mailing, lanes.c.lane == batch.lane)
    connection.execute(turn.values(turn=lanes.c.turn + 1))
    return replace(batch, id=number)


def _take(connection: Connection, batch: Batch, now: datetime) -> None:
    """Let the batch hold its rows."""
    if connection.dialect.name == "sqlite":
        sqlite_claims.take_rows(connection, batch.mailing, batch.id, batch.rows, now=now)
        return
    taken = _waiting().values(
        state=State.CLAIMED,
        due=None,
        batch=batch.id,
        claimed=bindparam("now", type_=deliveries.c.claimed.type),
    )
    connection.execute(taken, [_key(batch.mailing, row) | {"now": now} for row in batch.rows])


def _settle_gone(connection: Connection, mailing: str, rows: Sequence[Recipient], now: datetime) -> None:
    """Readers who have left since the freeze get nothing more."""
    if rows:
        left = _waiting().values(
            state=State.FAILED,
            due=None,
            stage=Stage.CONSENT,
            code=0,
            reply="the reader had left",
            settled=bindparam("now", type_=deliveries.c.settled.type),
        )
        connection.execute(left, [_key(mailing, row) | {"now": now} for row in rows])


def _key(mailing: str, row: Any) -> dict[str, Any]:
    return {"of_mailing": mailing, "of_subscriber": row.subscriber, "of_serial": row.serial}


def _row() -> Update:
    c = deliveries.c
    return update(deliveries).where(
        c.mailing == bindparam("of_mailing"),
        c.subscriber == bindparam("of_subscriber"),
        c.serial == bindparam("of_serial"),
    )


def _again(now: datetime) -> Update:
    """Queue one unknown row: there is no other way from a mail that the server may have taken."""
    return _row().where(deliveries.c.state == State.UNKNOWN).values(state=State.QUEUED, due=now)


def _waiting() -> Update:
    return _row().where(deliveries.c.due.is_not(None))


def _ours(batch: Batch) -> Select[Any]:
    found = select(batches.c.id).where(batches.c.id == batch.id, batches.c.token == batch.token)
    return found.with_for_update()


def _requeue(connection: Connection, batch: int) -> None:
    """Claimed rows wait again, due since they were claimed."""
    c = deliveries.c
    connection.execute(
        update(deliveries)
        .where(c.batch == batch, c.state == State.CLAIMED)
        .values(state=State.QUEUED, due=c.claimed, batch=None)
    )


def _recipient(row: Any) -> Recipient:
    return Recipient(
        subscriber=row.subscriber,
        serial=row.serial,
        email=row.email,
        name=row.name,
        language=row.language,
        topics=row.topics,
        key=row.key,
        token_key=row.token_key,
        since=row.since,
        attempts=row.attempts,
        deferrals_since=row.first_deferred,
    )
