"""Deliver: send what is due of a mailing, so that nobody is lost and nobody is mailed twice.

The order that keeps the promise: a row is marked `dotting`, durably, before its body is written, and its result is durable before the
same connection writes the next body. Both go into one commit, shared by all connections (`Ledger.step`).
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from syndication.deliver.retry import resend_at
from syndication.flows.again import NOTHING, Again, queue_again
from syndication.flows.app import App
from syndication.flows.processes import send_in_processes, worthwhile
from syndication.flows.report import Report
from syndication.flows.sending import Sending, send
from syndication.flows.watch import obeying_a_hold, patience, stop_on_signal

__all__ = ["count", "deliver", "send_batch", "send_due"]

LEASE = 3600.0  # seconds a batch belongs to its owner; longer than the 600 s that a final dot may wait for its answer
BATCHES = 2  # at once, so that the connections have work while the last rows of a batch are answered
LONGEST_PAUSE = 60.0  # seconds between two tries to reach a dead server
LOOK_UP = 1.0  # seconds of sleep at most before the clock is read again: a machine that was suspended is late already


async def deliver(
    app: App, mailing: str, report: Report, *, stay: bool = True, again: Again = NOTHING
) -> bool:
    """Send what is due, and what is to be sent `again`; with `stay`, retry for `delivery.wait` what becomes due.

    A mailing that is held, also while it is being sent, sends nothing more. Returns whether a signal stopped it. Raises LockedError, StoreError.
    """
    with app.locks(f"mailing {mailing}") as lock, stop_on_signal(app.progress.say) as stop:
        report.requeued = await queue_again(app, mailing, again)
        before = await app.store.ledger.counts(mailing)
        until = app.clock() + (app.delivery.wait if stay else timedelta(0))
        async with app.open_pool() as pool, obeying_a_hold(app, mailing, stop):
            sending = Sending(app, mailing, pool, stop, total=before.queued + before.deferred)
            await _send_and_wait(sending, until, lock)
        await count(app, mailing, report, sent_before=before.sent)
        report.held = report.incomplete and not await app.store.ledger.goes(mailing)
    if report.held:
        report.skipped = f"{report.edition} is held: `syndicate resume {report.edition}` lets it go on."
    report.warnings.extend(sending.warnings)
    if sending.trouble:
        report.warnings.append(f"The mail server could not be used: {sending.trouble}.")
    if stop.signalled:
        report.warnings.append(
            "Stopped by a signal: what was under way is settled, the next run sends the rest."
        )
    return stop.signalled


async def count(app: App, mailing: str, report: Report, *, sent_before: int = 0) -> None:
    """Fill the report with how the mailing stands."""
    stands = await app.store.ledger.counts(mailing)
    report.recipients, report.queued, report.no_content = stands.recipients, stands.queued, stands.no_content
    report.sent, report.deferred, report.failed = stands.sent - sent_before, stands.deferred, stands.failed
    report.unknown = stands.doubtful
    report.incomplete = bool(stands.queued or stands.deferred or stands.unknown or stands.failed_for_us)


async def send_batch(app: App, batch_id: int) -> None:
    """Send one leased batch; what could not be sent is given back. Takes ids only, so that another machine can be told to do it."""
    batch = await app.store.ledger.batch(batch_id)
    if batch is not None:
        async with app.open_pool() as pool:
            await send(Sending(app, batch.mailing, pool), batch)


async def _send_and_wait(sending: Sending, until: datetime, lock: int) -> None:
    app, stop, troubles = sending.app, sending.stop, 0
    while not stop.is_set():
        await _take_over(sending)
        sending.trouble = ""
        if await _round(sending, lock):
            until = max(until, app.clock())  # what a dead process had claimed was due before
        troubles = troubles + 1 if sending.trouble else 0
        due = await _next_due(sending)
        if due is None or stop.is_set():
            return
        if troubles:
            pause = min(2.0 ** min(troubles - 1, 9), LONGEST_PAUSE)
            due = max(due, app.clock() + timedelta(seconds=pause))
        if due > until:
            return
        why = f": {sending.trouble}" if sending.trouble else ""
        app.progress.say(f"the next try is at {due.astimezone(app.publication.timezone):%H:%M:%S}{why}")
        await _wait_until(due, app, stop)


async def _round(sending: Sending, lock: int) -> bool:
    """Send what is due, alone or with others. Whether one of them died."""
    number = 1 if sending.alone else await worthwhile(sending.app, sending.mailing)
    if number > 1:
        return await send_in_processes(sending, number, lock)
    await send_due(sending)
    return False


async def _take_over(sending: Sending) -> datetime | None:
    """From dead owners; and by policy send again what was left in doubt. Returns when the next doubtful row may be."""
    app, ledger = sending.app, sending.app.store.ledger
    resend, now = app.delivery.resend_unknown, app.clock()
    await ledger.recover(sending.mailing, now=now, dead=app.delivery.host, resend=resend)
    return await ledger.resend(sending.mailing, now=now, when=resend_at) if resend else None


async def _next_due(sending: Sending) -> datetime | None:
    again = await _take_over(sending)
    due = await sending.app.store.ledger.next_due(sending.mailing)
    return min(filter(None, (again, due)), default=None)


async def send_due(sending: Sending) -> None:
    """Send until nothing is due, a signal comes, or no server is to be reached."""
    results: list[BaseException | None] = []
    async with patience(sending.stop, sending.app.delivery.patience):
        results = await asyncio.gather(*(_batches(sending) for _ in range(BATCHES)), return_exceptions=True)
    for fault in filter(None, results):
        raise fault


async def _batches(sending: Sending) -> None:
    """Claim and send batches until nothing is due. One without a single mail, for want of a server, is the last."""
    app = sending.app
    while not sending.stop.is_set():
        done = sending.done
        batch = await app.store.ledger.claim(
            sending.mailing, app.delivery.owner, app.new_id(), now=app.clock(), lease=LEASE
        )
        if batch is None:
            return
        await send(sending, batch)
        if sending.trouble and sending.done == done:
            return


async def _wait_until(due: datetime, app: App, stop: asyncio.Event) -> None:
    while not stop.is_set() and (left := (due - app.clock()).total_seconds()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(left, LOOK_UP))
