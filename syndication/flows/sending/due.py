"""`syndicate deliver`: send what is due of any edition, for a cron job every 15 minutes."""

from collections.abc import Collection
from dataclasses import replace

from syndication.domain.delivery import State
from syndication.domain.frozen import FrozenEdition
from syndication.domain.week import WeekKey
from syndication.errors import LockedError, UsageError
from syndication.flows.app import App
from syndication.flows.report import Report, delivery_report
from syndication.flows.sending.confirmations import send_confirmations
from syndication.flows.sending.deliver import (
    Delivered,
    awaiting_approval,
    deliver,
    mailing_state,
)


async def deliver_due(app: App, key: WeekKey | None, again: Collection[State] = ()) -> list[Report]:
    """Send what is due now of every published edition with open rows, or of the edition `key`; return a report for each.

    What is to be sent `again` is queued first: of `key`, else of the editions with open rows and the latest one. An edition that
    another run is sending is left to that run. Raises UsageError for an unknown edition, LockedError when all are being sent.
    """
    app.signing.ready()
    await send_confirmations(app)
    reports, locked = [], []
    for each in [key] if key else await _due_keys(app, again):
        edition = await _edition(app, each)
        try:
            delivered = await _deliver(app, edition, again, asked=key is not None)
        except LockedError as error:
            locked.append(error)
            delivered = replace(await mailing_state(app, edition.mailing), warnings=(str(error),))
        reports.append(delivery_report(edition, delivered))
        if delivered.stopped:
            break
    if locked and len(locked) == len(reports):
        raise locked[0]
    await fold_settled(app)
    return reports


async def _deliver(app: App, edition: FrozenEdition, again: Collection[State], *, asked: bool) -> Delivered:
    if edition.approved_at is None:
        return awaiting_approval(edition, await mailing_state(app, edition.mailing))
    if edition.published_at is not None:
        return await deliver(app, edition, stay=False, again=again)
    problem = f"The edition {edition.key} is not published yet."
    hint = f"`syndicate run --week {edition.key}` continues from there."
    if asked:
        raise UsageError(problem, hint)
    state = await mailing_state(app, edition.mailing)
    return replace(state, incomplete=True, warnings=(f"{problem} {hint}",))


async def _edition(app: App, key: WeekKey) -> FrozenEdition:
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate run --weekly` makes the latest.")
    return edition


async def _due_keys(app: App, again: Collection[State]) -> list[WeekKey]:
    """Return the editions with open rows. A failed row is not open: to retry those, the latest edition is added, but no older one."""
    mailings = [await app.store.editions.mailing(each) for each in await app.store.editions.open_mailings()]
    keys = {mailing.edition for mailing in mailings if mailing.edition is not None}
    if State.FAILED in again:
        keys.update((await app.store.editions.frozen())[-1:])
    return sorted(keys)


async def fold_settled(app: App) -> int:
    """Fold deliveries older than `delivery.keep` into counts, in many short transactions; return how many. Raises StoreError."""
    before, folded = app.clock() - app.delivery.keep, 0
    while some := await app.store.ledger.fold(before=before):
        folded += some
    if folded:
        app.progress.say(f"{folded:,} deliveries of old editions were folded into counts")
    return folded
