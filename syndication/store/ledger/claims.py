"""Claiming rows in batches, and finishing a batch.

The fence: a held row carries its batch's number, which is never used twice, and the batch carries a token. Recovery removes the number
from the row, so that the old owner's next step changes nothing.
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
from syndication.store.tables.sending import batches, deliveries, lanes, mailings
from syndication.store.tables.subscribers import subscribers

# The consents that each kind of mailing is sent to: a confirmation goes to subscribers who have not confirmed yet, or have left and asked
# again.
_ELIGIBLE = {
    MailingKind.DIGEST: (Consent.CONFIRMED,),
    MailingKind.CONFIRMATION: (Consent.PENDING, Consent.UNSUBSCRIBED, Consent.BOUNCED),
}
# Without this hint SQLite would walk the primary key over finished rows, and claiming would take quadratic time.
_BY_WAITING = "INDEXED BY deliveries_waiting"


def claim(
    connection: Connection, mailing: str, owner: str, token: str, *, now: datetime, lease: float, plan: Plan
) -> Batch | Wait:
    """Lease the due rows that `plan` grants."""
    meters.guard(connection)
    current = situation(connection, mailing, now)
    while isinstance(grant := plan(current), Grant):
        if rows := _eligible_rows(connection, mailing, grant, now):
            width = grant.connections if len(rows) == grant.rows else min(grant.most, len(rows))
            batch = Batch(0, mailing, grant.lane, grant.server, width, owner, token, rows)
            meters.keep(connection, grant.taken(len(rows)))
            return _lease(connection, batch, now, timedelta(seconds=lease))
        # All subscribers with due rows in this lane have left.
        current = replace(current, lanes=tuple(lane for lane in current.lanes if lane != grant.lane))
    return grant


def situation(connection: Connection, mailing: str, now: datetime) -> Situation:
    """Return the input for planning the mailing's next claim."""
    return meters.situation(connection, _due_lanes(connection, mailing, now), now)


def is_sendable(connection: Connection, mailing: str) -> bool:
    """Return whether the mailing is approved and not held. On PostgreSQL this stays true until the transaction ends."""
    c = mailings.c
    free = select(c.id).where(c.id == mailing, c.approved.is_not(None), c.held.is_(None))
    return connection.execute(free.with_for_update(read=True)).first() is not None


def finish(connection: Connection, batch: Batch, judge: Judge | None = None) -> None:
    """Give back what is still claimed; dotting rows stay for `recover`, with their batch."""
    meters.guard(connection)
    if connection.execute(_ours(batch)).first() is None:
        return
    meters.give_back(connection, batch, judge)
    rest = select(deliveries.c.batch).where(deliveries.c.batch == batch.id).exists()
    if not connection.execute(delete(batches).where(batches.c.id == batch.id, ~rest)).rowcount:
        connection.execute(update(batches).where(batches.c.id == batch.id).values(connections=0))


def claimed_batch(connection: Connection, batch: int) -> Batch | None:
    """Return the batch with the rows still claimed under its token, None when it has ended."""
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
        rows=tuple(map(recipient_of, rows)),
    )


def due(connection: Connection, mailing: str, now: datetime, limit: int) -> int:
    """Count the due rows, up to `limit`."""
    c = deliveries.c
    query = select(c.subscriber).where(c.mailing == mailing, c.due <= now).limit(limit)
    rows = query.with_hint(deliveries, _BY_WAITING, "sqlite").subquery()
    return connection.execute(select(func.count()).select_from(rows)).scalar_one()


def next_due(connection: Connection, mailing: str, after: datetime | None = None) -> datetime | None:
    """Return when the next waiting row is due (later than `after`), or the next lease runs out; None when there is neither."""
    if not is_sendable(connection, mailing):
        return None
    leases = select(func.min(batches.c.lease_until)).where(batches.c.mailing == mailing)
    times = (
        connection.execute(query).scalar()
        for query in (select(func.min(_lanes(mailing, after).subquery().c.due)), leases)
    )
    return min(filter(None, times), default=None)


def mailings_at_work(connection: Connection) -> Sequence[str]:
    """Return the mailings with batches, whether or not the batches' owners are alive."""
    query = select(batches.c.mailing).distinct().order_by(batches.c.mailing)
    return connection.execute(query).scalars().all()


def waiting(connection: Connection, mailing: str, now: datetime) -> dict[str, int]:
    """Count the due rows in each lane that has waiting rows."""
    c = deliveries.c
    query = (
        select(c.lane, func.sum(case((c.due <= now, 1), else_=0)).label("due"))
        .with_hint(deliveries, _BY_WAITING, "sqlite")
        .where(c.mailing == mailing, c.due.is_not(None))
        .group_by(c.lane)
    )
    return {row.lane: row.due for row in connection.execute(query)}


def _lanes(mailing: str, after: datetime | None = None) -> Select[Any]:
    """Select each lane with its earliest due time: one descent of an index for each lane."""
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
    """Return the lanes with due rows, the least served first; none when the mailing may not be sent."""
    if not is_sendable(connection, mailing):
        return ()
    found = _lanes(mailing).subquery()
    query = select(found.c.lane).where(found.c.due <= now).order_by(found.c.turn, found.c.due, found.c.lane)
    return connection.execute(query).scalars().all()


def _eligible_rows(
    connection: Connection, mailing: str, grant: Grant, now: datetime
) -> tuple[Recipient, ...]:
    """Return up to the granted number of rows, after settling rows before them whose subscribers have left."""
    while rows := _due_rows(connection, mailing, grant.lane, now, grant.rows):
        _settle_gone(connection, mailing, [row for row, is_eligible in rows if not is_eligible], now)
        if eligible := tuple(row for row, is_eligible in rows if is_eligible):
            return eligible
    return ()


def _due_rows(
    connection: Connection, mailing: str, lane: str, now: datetime, size: int
) -> list[tuple[Recipient, bool]]:
    """Return due rows, the longest due first, and whether their subscribers may still get this mailing."""
    c = deliveries.c
    kind = select(mailings.c.kind).where(mailings.c.id == mailing)
    consents = _ELIGIBLE[MailingKind(connection.execute(kind).scalar_one())]
    if connection.dialect.name == "sqlite":
        return sqlite_claims.due_rows(connection, mailing, lane, consents, now=now, size=size)
    query = (
        select(deliveries, func.coalesce(subscribers.c.consent, "").in_(consents).label("eligible"))
        .outerjoin(subscribers, subscribers.c.id == c.subscriber)
        .where(c.mailing == mailing, c.lane == lane, c.due <= now)
        .order_by(c.due, c.subscriber, c.serial)
        .limit(size)
        .with_for_update(of=deliveries, skip_locked=True)  # leave rows that another worker is claiming
    )
    return [(recipient_of(row), row.eligible) for row in connection.execute(query)]


def _lease(connection: Connection, batch: Batch, now: datetime, lease: timedelta) -> Batch:
    """Insert the batch and return it with its number."""
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
    _hold(connection, replace(batch, id=number), now)
    turn = update(lanes).where(lanes.c.mailing == batch.mailing, lanes.c.lane == batch.lane)
    connection.execute(turn.values(turn=lanes.c.turn + len(batch.rows)))
    return replace(batch, id=number)


def _hold(connection: Connection, batch: Batch, now: datetime) -> None:
    """Make the batch hold its rows."""
    if connection.dialect.name == "sqlite":
        sqlite_claims.hold_rows(connection, batch.mailing, batch.id, batch.rows, now=now)
        return
    change = _waiting().values(
        state=State.CLAIMED,
        due=None,
        batch=batch.id,
        claimed=bindparam("now", type_=deliveries.c.claimed.type),
    )
    connection.execute(change, [key_of(batch.mailing, row) | {"now": now} for row in batch.rows])


def _settle_gone(connection: Connection, mailing: str, rows: Sequence[Recipient], now: datetime) -> None:
    """Settle the rows of subscribers who have left since the freeze."""
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
    """Return the parameters of `one_row` for this row."""
    return {"of_mailing": mailing, "of_subscriber": row.subscriber, "of_serial": row.serial}


def one_row() -> Update:
    """Return an update of the row that `key_of` identifies."""
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


def recipient_of(row: Any) -> Recipient:
    """Make a recipient of a row of `deliveries`."""
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
