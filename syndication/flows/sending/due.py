"""`syndicate deliver`: what is due of any edition, for a cron every 15 minutes."""

from syndication.domain.frozen import FrozenEdition
from syndication.domain.week import WeekKey
from syndication.errors import LockedError, UsageError
from syndication.flows.app import App
from syndication.flows.report import Report
from syndication.flows.sending.confirmations import send_confirmations
from syndication.flows.sending.deliver import NOTHING, Again, count, deliver

__all__ = ["deliver_due", "fold_settled", "wait_for_approval"]


async def deliver_due(app: App, key: WeekKey | None, again: Again = NOTHING) -> list[Report]:
    """Send what is due now of every published edition with open rows, or of one; a report each.

    What is to be sent `again` is queued first: of `key`, else of those with open rows and of the latest edition.

    An edition that another run is sending is left to it. Raises UsageError for no such edition, LockedError when all are being sent.
    """
    app.signing.ready()
    await send_confirmations(app)
    reports, locked = [], []
    for each in [key] if key else await _wanted(app, again):
        edition = await _edition(app, each)
        report = Report(str(each), number=edition.number, subject=edition.subject)
        reports.append(report)
        if edition.approved_at is None:
            await _stands(app, edition, report)
            wait_for_approval(report)
            continue
        if edition.published_at is None:
            await _unpublished(app, edition, report, asked=key is not None)
            continue
        try:
            if await deliver(app, edition.mailing, report, stay=False, again=again):
                break
        except LockedError as error:
            locked.append(error)
            report.warnings.append(str(error))
            await _stands(app, edition, report)
    if locked and len(locked) == len(reports):
        raise locked[0]
    await fold_settled(app)
    return reports


def wait_for_approval(report: Report) -> None:
    """Say that nothing goes out, and what its editor does now. Whoever waits for a person is not behind with its work."""
    report.waits, report.incomplete = True, False
    report.skipped = (
        f"{report.edition} waits for its editor: `syndicate preview --week {report.edition}` or "
        f"`syndicate send --test ADDRESS --week {report.edition}` shows it, "
        f"`syndicate approve {report.edition}` publishes and sends it."
    )


async def _edition(app: App, key: WeekKey) -> FrozenEdition:
    edition = await app.store.editions.get(key)
    if edition is None:
        raise UsageError(f"There is no edition {key} yet.", "`syndicate run --weekly` makes the latest.")
    return edition


async def _unpublished(app: App, edition: FrozenEdition, report: Report, *, asked: bool) -> None:
    problem, hint = (
        f"The edition {edition.key} is not published yet.",
        f"`syndicate run --week {edition.key}` goes on from there.",
    )
    if asked:
        raise UsageError(problem, hint)
    report.warnings.append(f"{problem} {hint}")
    await _stands(app, edition, report)
    report.incomplete = True


async def _stands(app: App, edition: FrozenEdition, report: Report) -> None:
    """How the mailing stands that this run has left alone: what is sent is another run's."""
    await count(app, edition.mailing, report)
    report.sent = 0


async def _wanted(app: App, again: Again) -> list[WeekKey]:
    """Failed rows do not keep an edition open; without a key those of the latest are meant, never a year of old ones."""
    keys = set(await _with_open_rows(app))
    if again.failed:
        keys.update((await app.store.editions.frozen())[-1:])
    return sorted(keys)


async def _with_open_rows(app: App) -> list[WeekKey]:
    mailings = [await app.store.editions.mailing(each) for each in await app.store.editions.open_mailings()]
    return sorted(mailing.edition for mailing in mailings if mailing.edition is not None)


async def fold_settled(app: App) -> int:
    """Fold what has come of age, in many short transactions that hold nobody up; returns how many rows. Raises StoreError."""
    before, folded = app.clock() - app.delivery.keep, 0
    while some := await app.store.ledger.fold(before=before):
        folded += some
    if folded:
        app.progress.say(f"{folded:,} deliveries of old editions were folded into counts")
    return folded
