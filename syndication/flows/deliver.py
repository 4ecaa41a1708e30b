"""Deliver: send what is due of a mailing, so that nobody is lost and nobody is mailed twice.

The order that keeps the promise: a row is marked `dotting`, durably, before its body is written, and its result is durable before the
same connection writes the next body. Both go into one commit, shared by all connections (`Ledger.step`).
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from syndication.deliver.pool import Pool
from syndication.deliver.retry import settle
from syndication.domain.delivery import Batch, Recipient, Reply, Settled, Stage, State
from syndication.flows.app import App
from syndication.flows.report import Report

__all__ = ["count", "deliver", "send_batch"]

LEASE = 3600.0  # seconds a batch belongs to its owner; longer than the 600 s that a final dot may wait for its answer
BATCHES = 2  # at once, so that the connections have work while the last rows of a batch are answered
LONGEST_PAUSE = 60.0  # seconds between two tries to reach a dead server


@dataclass(slots=True)
class Sending:
    """One mailing on its way, as this process sees it."""

    app: App
    mailing: str
    pool: Pool
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: str = ""  # why no server can be used
    done: int = 0
    total: int = 0


async def deliver(app: App, mailing: str, report: Report) -> None:
    """Send what is due, and stay for `delivery.wait` to retry what becomes due. Raises LockedError, StoreError."""
    ledger = app.store.ledger
    with app.locks(f"mailing-{mailing}"), stop_on_signal() as stop:
        await ledger.recover(
            mailing, now=app.clock(), host=app.delivery.host, resend=app.delivery.resend_unknown
        )
        before = await ledger.counts(mailing)
        async with app.open_pool() as pool:
            sending = Sending(app, mailing, pool, stop, total=before.queued + before.deferred)
            await _send_and_wait(sending)
        await count(app, mailing, report, sent_before=before.sent)
    if sending.trouble:
        report.warnings.append(f"The mail server could not be used: {sending.trouble}.")
    if stop.is_set():
        report.warnings.append(
            "Stopped by a signal: what was under way is settled, the next run sends the rest."
        )


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
            await _send(Sending(app, batch.mailing, pool), batch)


async def _send_and_wait(sending: Sending) -> None:
    app = sending.app
    until, troubles = app.clock() + app.delivery.wait, 0
    while not sending.stop.is_set():
        sending.trouble = ""
        await _all_due(sending)
        troubles = troubles + 1 if sending.trouble else 0
        due = await app.store.ledger.next_due(sending.mailing)
        if due is None or sending.stop.is_set():
            return
        if troubles:
            due = max(due, app.clock() + timedelta(seconds=min(2.0 ** (troubles - 1), LONGEST_PAUSE)))
        if due > until:
            return
        why = f": {sending.trouble}" if sending.trouble else ""
        app.progress.say(f"the next try is at {due.astimezone(app.publication.timezone):%H:%M:%S}{why}")
        await _pause(sending.stop, (due - app.clock()).total_seconds())


async def _all_due(sending: Sending) -> None:
    results = await asyncio.gather(*(_batches(sending) for _ in range(BATCHES)), return_exceptions=True)
    for fault in filter(None, results):
        raise fault


async def _batches(sending: Sending) -> None:
    """Claim and send batches until nothing is due or no server can be used."""
    app = sending.app
    while not sending.stop.is_set() and not sending.trouble:
        batch = await app.store.ledger.claim(
            sending.mailing, app.delivery.owner, app.new_id(), now=app.clock(), lease=LEASE
        )
        if batch is None:
            return
        await _send(sending, batch)


async def _send(sending: Sending, batch: Batch) -> None:
    app, rows = sending.app, iter(batch.rows)
    width = min(app.delivery.connections, len(batch.rows))
    # One that fails does not cut the others off in the middle of a dot: they settle what they have, then the fault is raised.
    results = await asyncio.gather(
        *(_connection(sending, batch, rows) for _ in range(width)), return_exceptions=True
    )
    await app.store.ledger.finish(batch)
    for fault in filter(None, results):
        raise fault


async def _connection(sending: Sending, batch: Batch, rows: Iterator[Recipient]) -> None:
    """Send rows one after the other over one connection of the pool."""
    app, ledger = sending.app, sending.app.store.ledger
    letters = await app.letters.of(batch.mailing)
    done: Settled | None = None
    async with sending.pool.session() as place:
        for row in rows:
            try:
                message = letters.message(row)
            except ValueError as error:  # an address or a name that cannot stand in a header
                await ledger.step(batch, _unmailable(row, str(error)), None, now=app.clock())
                continue
            if message is None:
                await ledger.settle_no_content(batch, row, now=app.clock())
                continue
            if (
                done is not None and not place.usable
            ):  # connecting may take its time: what is known is written first
                await ledger.step(batch, done, None, now=app.clock())
                done = None
            if unreachable := await place.ready():
                sending.trouble = unreachable.reply.text
                break
            won = await ledger.step(batch, done, row, now=app.clock())
            done = None
            if won:
                transaction = await place.transact(letters.sender, row.email, message)
                done = settle(row, transaction, now=app.clock(), jitter=app.jitter())
                sending.done += 1
                app.progress.count("sending", sending.done, sending.total)
            if sending.stop.is_set():
                break
        if done is not None:
            await ledger.step(batch, done, None, now=app.clock())


def _unmailable(row: Recipient, reason: str) -> Settled:
    return Settled(row.subscriber, row.serial, State.FAILED, Stage.ADDRESS, Reply(0, reason))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), max(seconds, 0.05))
    except TimeoutError:
        return


@contextmanager
def stop_on_signal() -> Iterator[asyncio.Event]:
    """While sending, SIGTERM and SIGINT mean: no new mail, finish the dots in flight, commit, end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
