"""One round of sending: claim and send batches until nothing more may go now.

A batch gets half of this process's connections, so that the next one is under way while the last mails of a batch are answered; when
there will be no next one it gets all that are free.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from syndication.domain.delivery import Batch
from syndication.domain.limits import Grant, Reason, Wait
from syndication.flows.sending.batch import Sending, send
from syndication.flows.sending.watch import patience

__all__ = ["Rest", "look", "one_round"]

LEASE = 3600.0  # seconds a batch belongs to its owner; longer than the 600 s that a final dot may wait for its answer
LOOK_UP = 1.0  # seconds of sleep at most before the clock is read again: a machine that was suspended is late already


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a round ended, and as of when: what became due since is the next round's."""

    wait: Wait
    asked: datetime

    @classmethod
    def now(cls, sending: Sending) -> "Rest":
        """None at all: the next round may begin."""
        asked = sending.app.clock()
        return cls(Wait(asked, Reason.PACE), asked)


async def look(sending: Sending) -> Grant | Rest:
    """What might be sent now, or why nothing."""
    app, asked = sending.app, sending.app.clock()
    plan = partial(app.delivery.throttle.plan, wanted=app.delivery.share, most=app.delivery.share)
    may = await app.store.ledger.look(sending.mailing, now=asked, plan=plan)
    return may if isinstance(may, Grant) else Rest(may, asked)


async def one_round(sending: Sending, *, single: bool = False) -> Rest:
    """Send all that may go now, paced as the limits ask; what is paused, or has had its day, ends the round. Raises StoreError.

    A `single` batch ends it, too.
    """
    async with patience(sending.stop, sending.app.delivery.patience):
        return await _until_nothing_goes(sending, single=single)
    return Rest(
        Wait(None, Reason.NOTHING), sending.app.clock()
    )  # the patience with an answer that is owed is over


async def _until_nothing_goes(sending: Sending, *, single: bool) -> Rest:
    running: dict[asyncio.Task[None], int] = {}  # with the connections of each
    try:
        while True:
            asked = sending.app.clock()
            free = sending.app.delivery.share - sum(running.values())
            answer = await _claimed(sending, free, asked) if free else Wait(None, Reason.CONNECTIONS)
            if isinstance(answer, Batch) and single:
                await send(sending, answer)
                return Rest.now(sending)
            if isinstance(answer, Batch):
                running[asyncio.create_task(send(sending, answer))] = answer.connections
            elif running or answer.brief:
                await _some_time(sending, running, answer)
            else:
                return Rest(answer, asked)
    except asyncio.CancelledError:
        for task in running:
            task.cancel()
        raise
    finally:
        # One that fails does not cut the others off: they settle what they have, then the fault is raised.
        faults = await asyncio.gather(*running, return_exceptions=True)
        for fault in faults:
            if isinstance(fault, Exception):
                raise fault


async def _claimed(sending: Sending, free: int, now: datetime) -> Batch | Wait:
    app = sending.app
    if sending.stop.is_set():
        return Wait(None, Reason.NOTHING)
    wanted = min(free, (app.delivery.share + 1) // 2)
    return await app.store.ledger.claim(
        sending.mailing,
        app.delivery.owner,
        app.new_id(),
        now=now,
        lease=LEASE,
        plan=partial(app.delivery.throttle.plan, wanted=wanted, most=free),
    )


async def _some_time(sending: Sending, running: dict[asyncio.Task[None], int], answer: Wait) -> None:
    """Until a batch ends, a signal comes, or it is worth asking again."""
    timeout = None
    if answer.until is not None:
        timeout = min(max(0.0, (answer.until - sending.app.clock()).total_seconds()), LOOK_UP)
    stopped = asyncio.create_task(sending.stop.wait())
    waiting = set(running) if sending.stop.is_set() else {*running, stopped}
    try:
        done, _ = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    for task in [each for each in running if each in done]:
        del running[task]
        task.result()  # raises what it raised
