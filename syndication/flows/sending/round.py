"""One round of sending: claim batches and send them until nothing more may go now.

A batch gets half of this process's connections, so that the next batch is under way while the last mails of the first are answered.
When no other batch can follow it gets all that are free.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from syndication.domain.delivery import Batch
from syndication.domain.limits import Grant, Reason, Wait
from syndication.flows.sending.batch import Sending, send_batch
from syndication.flows.sending.watch import grace_period
from syndication.logs import logger

log = logger(__name__)

LEASE = 3600.0  # seconds a batch belongs to its owner; longer than the 600 s that a final dot may wait for its answer
CLOCK_CHECK = (
    1.0  # seconds of sleep at most before the clock is read again: a suspended machine wakes up late
)


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """Why a round ended, and when: what became due after that is for the next round."""

    wait: Wait
    at: datetime

    @classmethod
    def without_wait(cls, sending: Sending) -> "RoundEnd":
        """Return the end of a round after which the next may begin at once."""
        now = sending.app.clock()
        return cls(Wait(now, Reason.PACE), now)


async def next_grant(sending: Sending) -> Grant | RoundEnd:
    """Return what might be sent now, claiming nothing, or why nothing may."""
    app, now = sending.app, sending.app.clock()
    plan = partial(app.delivery.throttle.plan, wanted=app.delivery.share, most=app.delivery.share)
    found = await app.store.ledger.look(sending.mailing, now=now, plan=plan)
    return found if isinstance(found, Grant) else RoundEnd(found, now)


async def send_round(sending: Sending, *, single_batch: bool = False) -> RoundEnd:
    """Send all that may go now, at the pace of the limits, or one batch. A pause or a used-up day ends the round. Raises StoreError."""
    async with grace_period(sending.stop, sending.app.delivery.grace):
        return await _send_batches(sending, single_batch=single_batch)
    return RoundEnd(Wait(None, Reason.NOTHING), sending.app.clock())  # the grace period is over


async def _send_batches(sending: Sending, *, single_batch: bool) -> RoundEnd:
    running: dict[asyncio.Task[None], int] = {}  # with the connections of each
    try:
        while True:
            now = sending.app.clock()
            free = sending.app.delivery.share - sum(running.values())
            claimed = await _claim(sending, free, now) if free else Wait(None, Reason.CONNECTIONS)
            if isinstance(claimed, Batch) and single_batch:
                await send_batch(sending, claimed)
                return RoundEnd.without_wait(sending)
            if isinstance(claimed, Batch):
                running[asyncio.create_task(send_batch(sending, claimed))] = claimed.connections
            elif running or claimed.brief:
                await _wait(sending, running, claimed)
            else:
                return RoundEnd(claimed, now)
    except asyncio.CancelledError:
        for task in running:
            task.cancel()
        raise
    finally:
        # A batch that fails does not cut the others off: they settle what they have, then the fault is raised.
        faults = await asyncio.gather(*running, return_exceptions=True)
        for fault in faults:
            if isinstance(fault, Exception):
                raise fault


async def _claim(sending: Sending, free: int, now: datetime) -> Batch | Wait:
    app = sending.app
    if sending.stop.is_set():
        return Wait(None, Reason.NOTHING)
    wanted = min(free, (app.delivery.share + 1) // 2)
    claimed = await app.store.ledger.claim(
        sending.mailing,
        app.delivery.owner,
        app.new_id(),
        now=now,
        lease=LEASE,
        plan=partial(app.delivery.throttle.plan, wanted=wanted, most=free),
    )
    if isinstance(claimed, Batch):
        log.debug(
            "batch claimed",
            batch=claimed.id,
            mailing=claimed.mailing,
            lane=claimed.lane,
            server=claimed.server,
            rows=len(claimed.rows),
            connections=claimed.connections,
        )
    return claimed


async def _wait(sending: Sending, running: dict[asyncio.Task[None], int], wait: Wait) -> None:
    """Wait until a batch ends, the sending is stopped, or the next claim may succeed."""
    timeout = None
    if wait.until is not None:
        timeout = min(max(0.0, (wait.until - sending.app.clock()).total_seconds()), CLOCK_CHECK)
    stopped = asyncio.create_task(sending.stop.wait())
    waiting = set(running) if sending.stop.is_set() else {*running, stopped}
    try:
        if not waiting:  # stopped, and nothing is on its way
            return
        done, _ = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    for task in [each for each in running if each in done]:
        del running[task]
        task.result()  # raises what the batch raised
