"""The meters of lanes and servers: what they allow, how many connections are in use, and the refund of what was claimed but not sent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from syndication.domain.delivery import State
from syndication.domain.limits import Judge, Meter, Situation, lane_meter, server_meter
from syndication.store.engine import lock
from syndication.store.tables.sending import batches, deliveries, meters


def guard(connection: Connection) -> None:
    """Allow one claim or end of a batch at a time: two that read the same meters would both use what is left."""
    lock(connection, "meters")


def every(connection: Connection) -> dict[str, Meter]:
    """Return all meters by name: a few dozen rows."""
    return {row.name: Meter(**row._mapping) for row in connection.execute(select(meters))}  # noqa: SLF001 - public in SQLAlchemy


def situation(connection: Connection, lanes: Sequence[str], now: datetime) -> Situation:
    """Return the input for planning these due lanes. A batch whose lease has run out uses no connection."""
    c = batches.c
    live = (
        select(c.lane, c.server, func.sum(c.connections).label("connections"))
        .where(c.lease_until > now)
        .group_by(c.lane, c.server)
    )
    in_use: Counter[str] = Counter()
    total = 0
    for row in connection.execute(live):
        in_use[lane_meter(row.lane)] += row.connections
        in_use[server_meter(row.server)] += row.connections
        total += row.connections
    return Situation(now, tuple(lanes), every(connection), in_use, total)


def in_use(connection: Connection, server: str) -> int:
    """Count the connections of a server's batches."""
    query = select(func.sum(batches.c.connections)).where(batches.c.server == server)
    return connection.execute(query).scalar() or 0


def keep(connection: Connection, changed: Iterable[Meter]) -> None:
    """Save these meters, under the guard."""
    for meter in changed:
        values: dict[str, Any] = asdict(meter)
        found = connection.execute(update(meters).where(meters.c.name == meter.name).values(values))
        if not found.rowcount:
            connection.execute(insert(meters).values(values))


def give_back(connection: Connection, batch: Any, judge: Judge | None = None) -> None:
    """Queue the batch's claimed rows again, due since they were claimed, refund them to the meters, and store the meters that `judge` returns."""
    c = deliveries.c
    waits = (
        update(deliveries)
        .where(c.batch == batch.id, c.state == State.CLAIMED)
        .values(state=State.QUEUED, due=c.claimed, batch=None)
    )
    back = connection.execute(waits.returning(c.claimed)).scalars().all()
    known = every(connection)
    lane, server = before = tuple(
        known.get(name) or Meter(name) for name in (lane_meter(batch.lane), server_meter(batch.server))
    )
    if back:
        lane, server = (meter.refunded(len(back), min(back)) for meter in before)
    if judge is not None:
        lane, server = judge(lane, server, in_use(connection, batch.server))
    keep(connection, {lane, server} - set(before))
