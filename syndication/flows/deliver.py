"""Deliver: send what is due of a mailing, so that nobody is lost and nobody is mailed twice.

The order that keeps the promise: a row is marked `dotting`, durably, before its body is written, and its result is durable before the
same connection writes the next body. Both go into one commit, shared by all connections (`Ledger.step`).
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from syndication.deliver.pool import Session, Unreachable
from syndication.deliver.retry import settle
from syndication.domain.delivery import Batch, Recipient, Settled
from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.letters import MailingLetters
from syndication.flows.report import Report

__all__ = ["count", "deliver", "deliver_due", "require_working_links", "send_batch"]

LEASE = 3600.0  # seconds a batch belongs to its owner; longer than the 600 s that a final dot may wait for its answer
BATCHES = 2  # at once, so that the connections have work while the last rows of a batch are answered


async def deliver(app: App, mailing: str, report: Report) -> None:
    """Send what is due, and stay for `delivery.wait` to retry what becomes due."""
    ledger = app.store.ledger
    with app.locks(f"mailing-{mailing}"), stop_on_signal() as stop:
        resend = app.delivery.resend_unknown
        await ledger.recover(mailing, now=app.clock(), host=app.delivery.host, resend=resend)
        before = await ledger.counts(mailing)
        until = app.clock() + app.delivery.wait
        while not stop.is_set():
            trouble = await _send_due(app, mailing, stop)
            pause = await _pause(app, mailing, until, trouble)
            if pause is None:
                break
            app.progress.say(f"waiting {pause:.0f} s to retry{': ' + trouble if trouble else ''}")
            await _sleep(stop, pause)
        if trouble:
            report.warnings.append(f"The mail server could not be used: {trouble}.")
        await count(app, mailing, report, sent_before=before.sent)
        if stop.is_set():
            report.warnings.append("Stopped by a signal: what was under way is settled, the next run sends the rest.")


async def deliver_due(app: App, key: WeekKey | None) -> list[Report]:
    """Send what is due of every published edition with open rows, or of one; a report each. Raises UsageError for no such edition."""
    require_working_links(app)
    keys = [key] if key else await app.store.editions.with_open_rows()
    reports = []
    for each in keys:
        edition = await app.store.editions.get(each)
        if edition is None:
            raise UsageError(f"There is no edition {each} yet.", "`syndicate run --weekly` makes the latest.")
        if edition.published_at is None:
            raise UsageError(f"The edition {each} is not published yet.", f"`syndicate run --week {each}` goes on from there.")
        report = Report(str(each), number=edition.number, subject=edition.subject)
        await deliver(app, edition.mailing, report)
        reports.append(report)
    return reports


def require_working_links(app: App) -> None:
    """Refuse to mail the world as long as nothing answers the one-click links of the mails (RFC 8058)."""
    if app.mail.beyond_loopback:
        raise UsageError(
            f"The SMTP server {app.mail.beyond_loopback} is not on this machine, and this version has no page yet that answers "
            "the unsubscribe links of its mails.",
            'Use url = "outbox:var/outbox" or a server on loopback in [smtp].',
        )


async def count(app: App, mailing: str, report: Report, *, sent_before: int = 0) -> None:
    """Fill the report with how the mailing stands."""
    now = await app.store.ledger.counts(mailing)
    report.recipients, report.queued, report.no_content = now.recipients, now.queued, now.no_content
    report.sent, report.deferred, report.failed, report.unknown = now.sent - sent_before, now.deferred, now.failed, now.doubtful
    report.incomplete = bool(now.queued or now.deferred or now.unknown or now.failed_for_us)


async def send_batch(app: App, batch_id: int) -> None:
    """Send one leased batch over the pool's connections. Raises Unreachable when no server can be reached; its rows are given back."""
    await _send(app, await app.store.ledger.batch(batch_id), asyncio.Event())


async def _send_due(app: App, mailing: str, stop: asyncio.Event) -> str:
    """Claim and send batches until nothing is due. Returns why the servers could not be used, or an empty string."""
    counts = await app.store.ledger.counts(mailing)
    total, done = counts.queued + counts.deferred, 0

    async def batches() -> None:
        nonlocal done
        while not stop.is_set():
            now = app.clock()
            batch = await app.store.ledger.claim(mailing, app.delivery.owner, app.new_id(), now=now, lease=LEASE)
            if batch is None:
                return
            await _send(app, batch, stop)
            done += len(batch.rows)
            app.progress.count("sending", done, total)

    results = await asyncio.gather(*(batches() for _ in range(BATCHES)), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Unreachable):
            raise result
    return next((str(result) for result in results if isinstance(result, Unreachable)), "")


async def _send(app: App, batch: Batch, stop: asyncio.Event) -> None:
    letters = await app.letters.of(batch.mailing)
    rows = iter(batch.rows)
    width = min(app.delivery.connections, len(batch.rows))
    try:
        results = await asyncio.gather(
            *(_connection(app, batch, letters, rows, stop) for _ in range(width)), return_exceptions=True
        )
    finally:
        await app.store.ledger.finish(batch)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _connection(app: App, batch: Batch, letters: MailingLetters, rows: Iterator[Recipient], stop: asyncio.Event) -> None:
    """Send rows one after the other; a session that died is replaced by another."""
    while True:
        row = next(rows, None)
        if row is None or stop.is_set():
            return
        async with app.pool.session() as session:
            await _use(app, batch, letters, session, row, rows, stop)


async def _use(
    app: App,
    batch: Batch,
    letters: MailingLetters,
    session: Session,
    row: Recipient | None,
    rows: Iterator[Recipient],
    stop: asyncio.Event,
) -> None:
    ledger = app.store.ledger
    done: Settled | None = None
    while row is not None:
        message = letters.message(row)
        if message is None:
            await ledger.settle_no_content(batch, row, now=app.clock())
        else:
            won = await ledger.step(batch, done, row, now=app.clock())
            done = None
            if won:
                transaction = await session.transact(letters.sender, row.email, message)
                done = settle(row, transaction, now=app.clock(), jitter=app.jitter())
        row = next(rows, None) if session.usable and not stop.is_set() else None
    if done is not None:
        await ledger.step(batch, done, None, now=app.clock())


async def _pause(app: App, mailing: str, until: datetime, trouble: str) -> float | None:
    """Seconds until something is due within the time that the run stays, or None."""
    now = app.clock()
    due = await app.store.ledger.next_due(mailing)
    if due is None:
        return None
    if trouble:
        due = max(due, now + timedelta(seconds=app.pool.backoff))
    return max((due - now).total_seconds(), 0.1) if due <= until else None


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
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
