"""Recovering the rows of dead owners, and queueing again what is in doubt or has failed."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, Update, delete, or_, select, update

from syndication.domain.delivery import Stage, State
from syndication.store.ledger import meters
from syndication.store.ledger.claims import key_of, one_row
from syndication.store.ledger.counts import DEAD
from syndication.store.tables.sending import batches, deliveries

ResendAt: TypeAlias = Callable[[int, datetime], datetime | None]


def recover(connection: Connection, mailing: str, *, now: datetime, dead: str, resend: bool) -> int:
    """Recover the rows of dead owners, and of batches whose lease is over. Return how many dotting rows were left in doubt."""
    meters.guard(connection)
    query = select(batches).where(batches.c.mailing == mailing).order_by(batches.c.id).with_for_update()
    doubtful = 0
    for batch in connection.execute(query).all():
        if not f"{batch.owner}/".startswith(f"{dead}/") and batch.lease_until > now:
            continue
        meters.give_back(connection, batch)
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
        rows = [key_of(mailing, row) for row in connection.execute(unknown)]
        doubtful += len(rows)
        if resend and rows:
            connection.execute(_again(now), rows)
        connection.execute(delete(batches).where(batches.c.id == batch.id))
    return doubtful


def resend(connection: Connection, mailing: str, *, now: datetime, when: ResendAt) -> datetime | None:
    """Queue the unknown rows whose time has come; return the earliest time of the others."""
    c = deliveries.c
    query = (
        select(c.subscriber, c.serial, c.unknowns, c.settled)
        .where(c.mailing == mailing, c.unknowns > 0, c.state == State.UNKNOWN)  # the index of doubtful rows
        .with_for_update()
    )
    times = [(row, when(row.unknowns, row.settled)) for row in connection.execute(query)]
    ripe = [key_of(mailing, row) for row, time in times if time is not None and time <= now]
    if ripe:
        connection.execute(_again(now), ripe)
    return min((time for _, time in times if time is not None and time > now), default=None)


def resend_unknown(connection: Connection, mailing: str, *, now: datetime) -> int:
    """Queue every unknown row again."""
    c = deliveries.c
    held_back = update(deliveries).where(c.mailing == mailing, c.unknowns > 0, c.state == State.UNKNOWN)
    return connection.execute(held_back.values(state=State.QUEUED, due=now)).rowcount


def retry_failed(connection: Connection, mailing: str, *, now: datetime) -> int:
    """Queue the failed rows for which another try can succeed."""
    c = deliveries.c
    again = update(deliveries).where(
        c.mailing == mailing,
        c.state == State.FAILED,
        ~DEAD,
        c.stage != Stage.CONSENT,
        or_(
            c.stage != Stage.ADDRESS, c.reply.like("5.6.7 %"), c.reply.like("5.3.4 %")
        ),  # failed for want of SMTPUTF8, or above a limit: another server may be better
    )
    return connection.execute(again.values(state=State.QUEUED, due=now, first_deferred=None)).rowcount


def _again(now: datetime) -> Update:
    """Return an update that queues one unknown row, the only way back for a mail that the server may have accepted."""
    return one_row().where(deliveries.c.state == State.UNKNOWN).values(state=State.QUEUED, due=now)
