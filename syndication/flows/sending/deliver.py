"""Deliver: send what is due of a mailing, so that no subscriber is left out and none is mailed twice.

What ensures that is the order of writes: a row is marked `dotting`, durably, before its body is sent, and its result is durable before
the same connection sends the next body. Both go into one commit, shared by all connections (`Ledger.step`).
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndication.deliver.retry import resend_at
from syndication.domain.delivery import Counts, State
from syndication.domain.frozen import FrozenEdition
from syndication.domain.limits import Grant
from syndication.errors import LockedError
from syndication.flows.app import App
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.pauses import pause_sentences
from syndication.flows.sending.processes import process_count, send_in_processes
from syndication.flows.sending.round import CLOCK_CHECK, RoundEnd, next_grant, send_round
from syndication.flows.sending.watch import Stop, stop_on_signal, stop_when_held


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a delivery `sent`, and the state of the mailing after it."""

    counts: Counts
    sent: int = 0
    requeued: int = 0  # failed or unknown rows that were to be sent again
    skipped: str | None = None  # why nothing was sent, or not everything
    waits: bool = False  # for its editor's approval
    held: bool = False  # by its editor
    incomplete: bool = False  # something is still to be sent, or failed for our own reasons
    stopped: bool = False  # by a signal
    warnings: tuple[str, ...] = ()


SHORT_WAIT = timedelta(minutes=2)  # longer than a server asks for between mails


async def deliver(
    app: App, edition: FrozenEdition, *, stay: bool = True, again: Collection[State] = ()
) -> Delivered:
    """Send what is due, and the failed or unknown rows that are to be sent `again`; with `stay`, retry for `delivery.wait` what becomes due.

    A mailing that is held, even while it is being sent, sends nothing more. Raises LockedError, StoreError.
    """
    mailing, ledger = edition.mailing, app.store.ledger
    with app.locks(f"mailing {mailing}") as lock, stop_on_signal(app.progress.say) as stop:
        requeued = await _queue_again(app, mailing, again)
        await _recover_other_mailings(app, mailing)
        before = await ledger.counts(mailing)
        until = app.clock() + (app.delivery.wait if stay else timedelta(0))
        faults = await _send(app, mailing, before, stop, until=until, lock=lock)
        state = await mailing_state(app, mailing, sent_before=before.sent)
        warnings = await pause_sentences(app, mailing)
        held = state.incomplete and not await ledger.is_sendable(mailing)
    warnings += faults
    if stop.signalled:
        warnings.append("Stopped by a signal: what was under way is settled, the next run sends the rest.")
    return replace(
        state,
        requeued=requeued,
        skipped=f"{edition.key} is held: `syndicate resume {edition.key}` lets it go on." if held else None,
        held=held,
        stopped=stop.signalled,
        warnings=tuple(warnings),
    )


async def mailing_state(app: App, mailing: str, *, sent_before: int | None = None) -> Delivered:
    """Return the state of a mailing; None for `sent_before` when nothing was sent just now."""
    counts = await app.store.ledger.counts(mailing)
    return Delivered(
        counts=counts,
        sent=0 if sent_before is None else counts.sent - sent_before,
        incomplete=bool(counts.queued or counts.deferred or counts.unknown or counts.failed_for_us),
    )


def awaiting_approval(edition: FrozenEdition, state: Delivered) -> Delivered:
    """Return the state of an edition that its editor has not approved. That is not incomplete: no cron job can change it."""
    key = edition.key
    skipped = (
        f"{key} waits for its editor: `syndicate preview --week {key}` or `syndicate send --test ADDRESS --week {key}` shows it, "
        f"`syndicate approve {key}` publishes and sends it."
    )
    return replace(state, skipped=skipped, waits=True, incomplete=False)


async def _send(
    app: App, mailing: str, before: Counts, stop: Stop, *, until: datetime, lock: int
) -> list[str]:
    """Send what waits and return the warnings. Without a row that waits no connection or outbox is opened."""
    if not (before.queued or before.deferred or before.unknown):
        return []
    async with app.open_pool() as pool, stop_when_held(app, mailing, stop):
        sending = Sending(app, mailing, pool, stop, total=before.queued + before.deferred)
        await _send_and_wait(sending, until, lock)
    return sending.warnings


async def _send_and_wait(sending: Sending, until: datetime, lock: int) -> None:
    app, stop = sending.app, sending.stop
    while not stop.is_set():
        await _recover(sending)
        sent = sending.outcomes[State.SENT]
        end = await _round(sending, lock)
        due = await _next_due(sending, end)
        if due is None or stop.is_set():
            return
        # A server that accepts mail but asks for a short wait now and then gets it, even in a run without `wait`.
        soon = sending.outcomes[State.SENT] > sent and due - app.clock() <= SHORT_WAIT
        if due > until and not soon and not end.wait.brief:
            return
        if due > app.clock():
            why = " ".join(await pause_sentences(app, sending.mailing))
            at = due.astimezone(app.publication.timezone)
            app.progress.say(f"the next try is at {at:%H:%M:%S}. {why}".strip())
            await _wait_until(due, app, stop)


async def _round(sending: Sending, lock: int) -> RoundEnd:
    """Send what may go now, in several processes if there is enough; a server that was in trouble first gets one batch from this one."""
    grant = await next_grant(sending)
    if isinstance(grant, RoundEnd) and not grant.wait.brief:
        return grant
    number = 1 if sending.single_process else await process_count(sending.app, sending.mailing)
    probing = isinstance(grant, Grant) and grant.probe
    if number == 1 or probing:
        return await send_round(sending, single_batch=probing and number > 1)
    await send_in_processes(sending, number, lock)
    after = await next_grant(sending)
    return after if isinstance(after, RoundEnd) else RoundEnd.without_wait(sending)


async def _recover(sending: Sending) -> datetime | None:
    """Take over rows from dead owners, and by policy queue unknown rows again. Return when the next unknown row may be queued."""
    await sending.recover()
    app = sending.app
    if not app.delivery.resend_unknown:
        return None
    return await app.store.ledger.resend(sending.mailing, now=app.clock(), when=resend_at)


async def _recover_other_mailings(app: App, mailing: str) -> None:
    """Free the connections of lanes that a killed run of another mailing still occupies."""
    ledger = app.store.ledger
    for other in await ledger.mailings_at_work():
        if other != mailing:
            with suppress(LockedError), app.locks(f"mailing {other}"):
                resend = app.delivery.resend_unknown
                await ledger.recover(other, now=app.clock(), dead=app.delivery.host, resend=resend)


async def _next_due(sending: Sending, end: RoundEnd) -> datetime | None:
    unknown = await _recover(sending)
    due = await sending.app.store.ledger.next_due(sending.mailing, after=end.at)
    return min(filter(None, (unknown, due, end.wait.until)), default=None)


async def _wait_until(due: datetime, app: App, stop: asyncio.Event) -> None:
    while not stop.is_set() and (left := (due - app.clock()).total_seconds()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(left, CLOCK_CHECK))


async def _queue_again(app: App, mailing: str, again: Collection[State]) -> int:
    """Queue the rows in these states again, and return how many. The caller holds the mailing's lock."""
    ledger, queued = app.store.ledger, 0
    if State.UNKNOWN in again:
        # First what a killed run left without an answer becomes unknown: it is meant, too.
        await ledger.recover(mailing, now=app.clock(), dead=app.delivery.host, resend=False)
        queued += await ledger.resend_unknown(mailing, now=app.clock())
    if State.FAILED in again:
        queued += await ledger.retry_failed(mailing, now=app.clock())
    return queued
