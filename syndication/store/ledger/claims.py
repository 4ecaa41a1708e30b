"""Taking rows and giving them back: claim, finish.

The fence: a held row carries its batch's number, which is never used twice, and the batch carries a token. Whoever takes rows over
removes the number, so that the old owner's next step wins nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Update, bindparam, case, delete, func, insert, select, update

from syndication.domain.delivery import Batch, MailingKind, Recipient, Stage, State
from syndication.domain.limits import Grant, Judge, Plan, Situation, Wait
from syndication.domain.subscriber import Consent
from syndication.store.ledger import meters, sqlite_claims
from syndication.store.ledger.hold import is_sendable
from syndication.store.tables.sending import batches, deliveries, lanes, mailings
from syndication.store.tables.subscribers import subscribers

__all__ = [
    "claim",
    "due",
    "finish",
    "held",
    "key_of",
    "mailings_at_work",
    "next_due",
    "one_row",
    "recipients",
    "situation",
    "waiting",
]

# Who may get which mailing: a confirmation goes to those who have not confirmed yet, or have left and asked again.
_WELCOME = {
    MailingKind.DIGEST: (Consent.CONFIRMED,),
    MailingKind.CONFIRMATION: (Consent.PENDING, Consent.UNSUBSCRIBED, Consent.BOUNCED),
}
# SQLite would walk the primary key over finished rows, and claiming would take quadratic time.
_BY_WAITING = "INDEXED BY deliveries_waiting"


def claim(
    connection: Connection, mailing: str, owner: str, token: str, *, now: datetime, lease: float, plan: Plan
) -> Batch | Wait:
    """Lease what `plan` grants of the due rows."""
    meters.guard(connection)
    asked = situation(connection, mailing, now)
    while isinstance(grant := plan(asked), Grant):
        if rows := _welcome_rows(connection, mailing, grant, now):
            width = grant.connections if len(rows) == grant.rows else min(grant.most, len(rows))
            batch = Batch(0, mailing, grant.lane, grant.server, width, owner, token, rows)
            meters.keep(connection, grant.taken(len(rows)))
            return _lease(connection, batch, now, timedelta(seconds=lease))
        # All that was due there has left since.
        asked = replace(asked, lanes=tuple(lane for lane in asked.lanes if lane != grant.lane))
    return grant


def situation(connection: Connection, mailing: str, now: datetime) -> Situation:
    """What a plan for the mailing is made of."""
    return meters.situation(connection, _due_lanes(connection, mailing, now), now)


def finish(connection: Connection, batch: Batch, judge: Judge | None = None) -> None:
    """Give back what is still claimed; what is dotting stays for `recover`, with its batch."""
    meters.guard(connection)
    if connection.execute(_ours(batch)).first() is None:
        return
    meters.give_back(connection, batch, judge)
    rest = select(deliveries.c.batch).where(deliveries.c.batch == batch.id).exists()
    if not connection.execute(delete(batches).where(batches.c.id == batch.id, ~rest)).rowcount:
        connection.execute(update(batches).where(batches.c.id == batch.id).values(connections=0))


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
        server=found.server,
        connections=found.connections,
        owner=found.owner,
        token=found.token,
        rows=tuple(map(_recipient, rows)),
    )


def recipients(connection: Connection, question: Select[Any]) -> list[Recipient]:
    """Rows of deliveries as what their merge needs."""
    return [_recipient(row) for row in connection.execute(question)]


def due(connection: Connection, mailing: str, now: datetime, limit: int) -> int:
    """How many rows are due, counted up to `limit`."""
    c = deliveries.c
    question = select(c.subscriber).where(c.mailing == mailing, c.due <= now).limit(limit)
    rows = question.with_hint(deliveries, _BY_WAITING, "sqlite").subquery()
    return connection.execute(select(func.count()).select_from(rows)).scalar_one()


def next_due(connection: Connection, mailing: str, after: datetime | None = None) -> datetime | None:
    """When the next waiting row is due (later than `after`), or the next held one can be taken over; None when there is neither."""
    if not is_sendable(connection, mailing):
        return None
    leases = select(func.min(batches.c.lease_until)).where(batches.c.mailing == mailing)
    times = (
        connection.execute(question).scalar()
        for question in (select(func.min(_lanes(mailing, after).subquery().c.due)), leases)
    )
    return min(filter(None, times), default=None)


def mailings_at_work(connection: Connection) -> Sequence[str]:
    """The mailings with batches, whether their owners live or not."""
    question = select(batches.c.mailing).distinct().order_by(batches.c.mailing)
    return connection.execute(question).scalars().all()


def waiting(connection: Connection, mailing: str, now: datetime) -> dict[str, int]:
    """How many waiting rows are due in each lane that has any."""
    c = deliveries.c
    question = (
        select(c.lane, func.sum(case((c.due <= now, 1), else_=0)).label("due"))
        .with_hint(deliveries, _BY_WAITING, "sqlite")
        .where(c.mailing == mailing, c.due.is_not(None))
        .group_by(c.lane)
    )
    return {row.lane: row.due for row in connection.execute(question)}


def _lanes(mailing: str, after: datetime | None = None) -> Select[Any]:
    """Each lane with its earliest due time: one step down an index a lane."""
    c = deliveries.c
    later = c.due.is_not(None) if after is None else c.due > after
    first = (
        select(func.min(c.due))
        .where(c.mailing == lanes.c.mailing, c.lane == lanes.c.lane, later)
        .with_hint(deliveries, _BY_WAITING, "sqlite")
        .scalar_subquery()
    )
    return select(lanes.c.lane, lanes.c.turn, first.label("due")).where(lanes.c.mailing == mailing)


def _due_lanes(connection: Connection, mailing: str, now: datetime) -> Sequence[str]:
    """The lanes with due rows, the one served least first; none of a mailing that may not be sent."""
    if not is_sendable(connection, mailing):
        return ()
    found = _lanes(mailing).subquery()
    question = (
        select(found.c.lane).where(found.c.due <= now).order_by(found.c.turn, found.c.due, found.c.lane)
    )
    return connection.execute(question).scalars().all()


def _welcome_rows(connection: Connection, mailing: str, grant: Grant, now: datetime) -> tuple[Recipient, ...]:
    """Up to the granted number of rows; subscribers on the way to them who have left are settled."""
    while rows := _due_rows(connection, mailing, grant.lane, now, grant.rows):
        _settle_gone(connection, mailing, [row for row, is_welcome in rows if not is_welcome], now)
        if welcome := tuple(row for row, is_welcome in rows if is_welcome):
            return welcome
    return ()


def _due_rows(
    connection: Connection, mailing: str, lane: str, now: datetime, size: int
) -> list[tuple[Recipient, bool]]:
    """Due rows, the longest first, and whether their subscribers are still welcome."""
    c = deliveries.c
    kind = select(mailings.c.kind).where(mailings.c.id == mailing)
    consents = _WELCOME[MailingKind(connection.execute(kind).scalar_one())]
    if connection.dialect.name == "sqlite":
        return sqlite_claims.due_rows(connection, mailing, lane, consents, now=now, size=size)
    question = (
        select(deliveries, func.coalesce(subscribers.c.consent, "").in_(consents).label("welcome"))
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
            server=batch.server,
            connections=batch.connections,
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
    connection.execute(turn.values(turn=lanes.c.turn + len(batch.rows)))
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
    connection.execute(taken, [key_of(batch.mailing, row) | {"now": now} for row in batch.rows])


def _settle_gone(connection: Connection, mailing: str, rows: Sequence[Recipient], now: datetime) -> None:
    """Subscribers who have left since the freeze get nothing more."""
    if rows:
        left = _waiting().values(
            state=State.FAILED,
            due=None,
            stage=Stage.CONSENT,
            code=0,
            reply="the subscriber had left",
            settled=bindparam("now", type_=deliveries.c.settled.type),
        )
        connection.execute(left, [key_of(mailing, row) | {"now": now} for row in rows])


def key_of(mailing: str, row: Any) -> dict[str, Any]:
    """The parameters of `one_row` for this row."""
    return {"of_mailing": mailing, "of_subscriber": row.subscriber, "of_serial": row.serial}


def one_row() -> Update:
    """A change of the row that `key_of` names."""
    c = deliveries.c
    return update(deliveries).where(
        c.mailing == bindparam("of_mailing"),
        c.subscriber == bindparam("of_subscriber"),
        c.serial == bindparam("of_serial"),
    )


def _waiting() -> Update:
    return one_row().where(deliveries.c.due.is_not(None))


def _ours(batch: Batch) -> Select[Any]:
    found = select(batches.c.id).where(batches.c.id == batch.id, batches.c.token == batch.token)
    return found.with_for_update()


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
