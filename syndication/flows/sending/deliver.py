"""Deliver: send what is due of a mailing, so that nobody is lost and nobody is mailed twice.

The order that keeps the promise: a row is marked `dotting`, durably, before its body is written, and its result is durable before the
same connection writes the next body. Both go into one commit, shared by all connections (`DeliveryLedger.step`).
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndication.deliver.retry import resend_at
from syndication.domain.delivery import State
from syndication.domain.limits import Grant
from syndication.errors import LockedError
from syndication.flows.app import App
from syndication.flows.report import Report
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.pauses import sentences
from syndication.flows.sending.processes import send_in_processes, worthwhile
from syndication.flows.sending.round import LOOK_UP, Rest, look, one_round
from syndication.flows.sending.watch import obeying_a_hold, stop_on_signal

__all__ = ["NOTHING", "Again", "count", "deliver", "queue_again"]


@dataclass(frozen=True, slots=True)
class Again:
    """What was asked for besides what is due."""

    failed: bool = False
    unknown: bool = False


NOTHING = Again()


MOMENT = timedelta(minutes=2)  # longer than any pause of a server


async def deliver(
    app: App, mailing: str, report: Report, *, stay: bool = True, again: Again = NOTHING
) -> bool:
    """Send what is due, and what is to be sent `again`; with `stay`, retry for `delivery.wait` what becomes due.

    A mailing that is held, also while it is being sent, sends nothing more. Returns whether a signal stopped it. Raises LockedError, StoreError.
    """
    with app.locks(f"mailing {mailing}") as lock, stop_on_signal(app.progress.say) as stop:
        report.requeued = await queue_again(app, mailing, again)
        await _free_the_dead(app, mailing)
        before = await app.store.ledger.counts(mailing)
        until = app.clock() + (app.delivery.wait if stay else timedelta(0))
        async with app.open_pool() as pool, obeying_a_hold(app, mailing, stop):
            sending = Sending(app, mailing, pool, stop, total=before.queued + before.deferred)
            await _send_and_wait(sending, until, lock)
        await count(app, mailing, report, sent_before=before.sent)
        report.warnings += await sentences(app, mailing)
        report.held = report.incomplete and not await app.store.ledger.is_sendable(mailing)
    if report.held:
        report.skipped = f"{report.edition} is held: `syndicate resume {report.edition}` lets it go on."
    report.warnings.extend(sending.warnings)
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


async def _send_and_wait(sending: Sending, until: datetime, lock: int) -> None:
    app, stop = sending.app, sending.stop
    while not stop.is_set():
        await _recover(sending)
        sent = sending.outcomes[State.SENT]
        rest = await _round(sending, lock)
        due = await _next_due(sending, rest)
        if due is None or stop.is_set():
            return
        # A server that takes mail and asks for a moment now and then gets it: a run without `wait` must not leave it at that.
        soon = sending.outcomes[State.SENT] > sent and due - app.clock() <= MOMENT
        if due > until and not soon and not rest.wait.brief:
            return
        if due > app.clock():
            why = " ".join(await sentences(app, sending.mailing))
            at = due.astimezone(app.publication.timezone)
            app.progress.say(f"the next try is at {at:%H:%M:%S}. {why}".strip())
            await _wait_until(due, app, stop)


async def _round(sending: Sending, lock: int) -> Rest:
    """Send what may go now, in processes when it is worth them; a server that has to prove itself again gets one batch from here."""
    may = await look(sending)
    if isinstance(may, Rest) and not may.wait.brief:
        return may
    number = 1 if sending.alone else await worthwhile(sending.app, sending.mailing)
    probing = isinstance(may, Grant) and may.probe
    if number == 1 or probing:
        return await one_round(sending, single=probing and number > 1)
    await send_in_processes(sending, number, lock)
    after = await look(sending)
    return after if isinstance(after, Rest) else Rest.now(sending)


async def _recover(sending: Sending) -> datetime | None:
    """From dead owners; and by policy send again what was left in doubt. Returns when the next doubtful row may be."""
    app, ledger = sending.app, sending.app.store.ledger
    resend, now = app.delivery.resend_unknown, app.clock()
    await ledger.recover(sending.mailing, now=now, dead=app.delivery.host, resend=resend)
    return await ledger.resend(sending.mailing, now=now, when=resend_at) if resend else None


async def _free_the_dead(app: App, mailing: str) -> None:
    """A run of another mailing that was killed must not keep a lane's connections."""
    ledger = app.store.ledger
    for other in await ledger.mailings_at_work():
        with suppress(LockedError):
            if other != mailing:
                with app.locks(f"mailing {other}"):
                    resend = app.delivery.resend_unknown
                    await ledger.recover(other, now=app.clock(), dead=app.delivery.host, resend=resend)


async def _next_due(sending: Sending, rest: Rest) -> datetime | None:
    again = await _recover(sending)
    due = await sending.app.store.ledger.next_due(sending.mailing, after=rest.asked)
    return min(filter(None, (again, due, rest.wait.until)), default=None)


async def _wait_until(due: datetime, app: App, stop: asyncio.Event) -> None:
    while not stop.is_set() and (left := (due - app.clock()).total_seconds()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(left, LOOK_UP))


async def queue_again(app: App, mailing: str, again: Again) -> int:
    """Queue those rows of a mailing, whose lock the caller holds; returns how many."""
    ledger, queued = app.store.ledger, 0
    if again.unknown:
        # What a killed run left on the wire is unknown from here on, and meant too.
        await ledger.recover(mailing, now=app.clock(), dead=app.delivery.host, resend=False)
        queued += await ledger.resend_unknown(mailing, now=app.clock())
    if again.failed:
        queued += await ledger.retry_failed(mailing, now=app.clock())
    return queued
