"""Deliver: send what is due of a mailing, so that nobody is lost and nobody is mailed twice.

The order that keeps the promise: a row is marked `dotting`, durably, before its body is written, and its result is durable before the
same connection writes the next body. Both go into one commit, shared by all connections (`Ledger.step`).
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from syndication.deliver.envelope import Envelope
from syndication.deliver.pool import Place, Pool
from syndication.deliver.retry import resend_at, settle
from syndication.deliver.transaction import Transaction
from syndication.domain.delivery import Batch, Recipient, Reply, Settled, Stage, State
from syndication.errors import SyndicationError
from syndication.flows.again import NOTHING, Again, queue_again
from syndication.flows.app import App
from syndication.flows.letters import MailingLetters
from syndication.flows.report import Report

__all__ = ["count", "deliver", "send_batch"]

LEASE = 3600.0  # seconds a batch belongs to its owner; longer than the 600 s that a final dot may wait for its answer
BATCHES = 2  # at once, so that the connections have work while the last rows of a batch are answered
LONGEST_PAUSE = 60.0  # seconds between two tries to reach a dead server
LOOK_UP = 1.0  # seconds of sleep at most before the clock is read again: a machine that was suspended is late already


@dataclass(slots=True)
class Sending:
    """One mailing on its way, as this process sees it."""

    app: App
    mailing: str
    pool: Pool
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: str = ""  # why the last connection could not be made; a mail that went out since clears it
    done: int = 0
    total: int = 0


async def deliver(
    app: App, mailing: str, report: Report, *, stay: bool = True, again: Again = NOTHING
) -> bool:
    """Send what is due, and what is to be sent `again`; with `stay`, retry for `delivery.wait` what becomes due.

    Returns whether a signal stopped it. Raises LockedError, StoreError.
    """
    with app.locks(f"mailing {mailing}"), stop_on_signal() as stop:
        report.requeued = await queue_again(app, mailing, again)
        before = await app.store.ledger.counts(mailing)
        until = app.clock() + (app.delivery.wait if stay else timedelta(0))
        async with app.open_pool() as pool:
            sending = Sending(app, mailing, pool, stop, total=before.queued + before.deferred)
            await _send_and_wait(sending, until)
        await count(app, mailing, report, sent_before=before.sent)
    if sending.trouble:
        report.warnings.append(f"The mail server could not be used: {sending.trouble}.")
    if stop.is_set():
        report.warnings.append(
            "Stopped by a signal: what was under way is settled, the next run sends the rest."
        )
    return stop.is_set()


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


async def _send_and_wait(sending: Sending, until: datetime) -> None:
    app, stop, troubles = sending.app, sending.stop, 0
    while not stop.is_set():
        await _take_over(sending)
        sending.trouble = ""
        await _all_due(sending)
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


async def _take_over(sending: Sending) -> datetime | None:
    """From dead owners; and by policy send again what was left in doubt. Returns when the next doubtful row may be."""
    app, ledger = sending.app, sending.app.store.ledger
    resend, now = app.delivery.resend_unknown, app.clock()
    await ledger.recover(sending.mailing, now=now, host=app.delivery.host, resend=resend)
    return await ledger.resend(sending.mailing, now=now, when=resend_at) if resend else None


async def _next_due(sending: Sending) -> datetime | None:
    again = await _take_over(sending)
    due = await sending.app.store.ledger.next_due(sending.mailing)
    return min(filter(None, (again, due)), default=None)


async def _all_due(sending: Sending) -> None:
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
        await _send(sending, batch)
        if sending.trouble and sending.done == done:
            return


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
    """Send rows one after the other over one connection of the pool. Whatever ends it, the last result is written."""
    app, ledger = sending.app, sending.app.store.ledger
    letters = await app.letters.of(batch.mailing)
    done: Settled | None = None
    async with sending.pool.session() as place:
        try:
            mails = ((row, _message(letters, row)) for row in rows)
            mail = next(mails, None)
            while mail is not None and not sending.stop.is_set():
                row, message = mail
                if isinstance(message, SyndicationError):
                    raise message
                # Connecting may take its time, and so may many rows without a mail: what is known is written first.
                if done is not None and (isinstance(message, Settled) or not place.usable):
                    await ledger.step(batch, done, None, now=app.clock())
                    done = None
                if isinstance(message, Settled):
                    await ledger.step(batch, message, None, now=app.clock())
                    mail = next(mails, None)
                    continue
                if not place.usable and not await _connected(sending, place):
                    break
                won = await ledger.step(batch, done, row, now=app.clock())
                done, mail = None, next(mails, None)  # one row ahead: its envelope rides behind the dot
                if won:
                    following = _envelope(letters, mail)
                    transaction = await place.transact(
                        letters.sender, row.email, message, following, ready=True
                    )
                    done = settle(row, transaction, now=app.clock(), jitter=app.jitter())
                    _note(sending, transaction)
                elif place.announced:  # somebody else's by now
                    await place.close()
        finally:
            if done is not None:
                await ledger.step(batch, done, None, now=app.clock())


def _message(letters: MailingLetters, row: Recipient) -> bytes | Settled | SyndicationError:
    """The row's mail, or what to write about a row that gets none. A fault waits for its turn: the mail before it goes out."""
    try:
        message = letters.message(row)
    except SyndicationError as fault:
        return fault
    except ValueError as error:  # an address or a name that cannot stand in a header
        return Settled(row.subscriber, row.serial, State.FAILED, Stage.ADDRESS, Reply(0, str(error)))
    nothing = Reply(0, "nothing in it for the reader's topics")
    return message or Settled(
        row.subscriber, row.serial, State.NO_CONTENT, Stage.CONNECT, nothing, counted=False
    )


def _envelope(
    letters: MailingLetters, mail: tuple[Recipient, bytes | Settled | SyndicationError] | None
) -> Envelope | None:
    if mail is None or not isinstance(mail[1], bytes):
        return None
    return Envelope(letters.sender, mail[0].email, len(mail[1]))


async def _connected(sending: Sending, place: Place) -> bool:
    """Whether a mail can go out. A signal does not wait for a server that says nothing for minutes."""
    connecting, stopped = asyncio.create_task(place.ready()), asyncio.create_task(sending.stop.wait())
    try:
        await asyncio.wait({connecting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            return False
        if unreachable := connecting.result():
            sending.trouble = unreachable.reply.text
        return unreachable is None and not sending.stop.is_set()
    finally:
        stopped.cancel()
        while not connecting.done():  # Python 3.11 can lose a cancellation in wait_for (cpython #86296)
            connecting.cancel()
            await asyncio.wait({connecting}, timeout=0.1)


def _note(sending: Sending, transaction: Transaction) -> None:
    if transaction.stage is not Stage.CONNECT:
        sending.trouble = ""
    sending.done += 1
    sending.app.progress.count("sending", sending.done, sending.total)


async def _wait_until(due: datetime, app: App, stop: asyncio.Event) -> None:
    while not stop.is_set() and (left := (due - app.clock()).total_seconds()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(left, LOOK_UP))


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
