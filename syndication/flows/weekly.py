"""The weekly job: collect → compose → render → publish → deliver → tell the hubs.

Each stage is saved under the edition's key: a run that was stopped anywhere continues from there, and a second run of the same key does
nothing and reports that. After the freeze nothing is collected or composed again: what was frozen is what is published and mailed.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from syndication.domain.delivery import Counts
from syndication.domain.frozen import FrozenEdition
from syndication.domain.week import CutOff, WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.publishing.hubs import tell_hubs
from syndication.flows.report import Report, run_report
from syndication.flows.sending.deliver import Delivered, awaiting_approval, deliver
from syndication.flows.sending.due import fold_settled


async def run_weekly(app: App, week: WeekKey | None = None, *, send: bool = True) -> Report:
    """Make, publish and `send` one edition, or continue where an earlier run of it stopped.

    Without a `week` it is the latest whose cut-off has passed. Raises UsageError for one that has not ended, LockedError, and what the
    stages raise.
    """
    key = which_week(app.edition.cutoff, app.publication.timezone, app.clock(), week)
    collected = drafted = published = delivered = None
    if send:
        app.signing.ready()
    with app.locks("collect-and-publish"):
        edition = await app.store.editions.get(key)
        if edition is None:
            # A run that only sends, or has nothing to do, loads neither stage.
            from syndication.flows.collecting.collect import collect
            from syndication.flows.edition.freeze import draft_edition, freeze_edition

            collected = await collect(app)
            drafted = await draft_edition(app, key)
            edition = await freeze_edition(app, drafted)
        if edition is None or edition.published_at is None:
            from syndication.flows.publishing.publish import publish

            published = await publish(app, edition)
    if edition is not None:
        delivered = await deliver_edition(app, edition, send=send)
    report = run_report(
        app, key, edition, collected=collected, drafted=drafted, published=published, delivered=delivered
    )
    if delivered is not None and delivered.stopped:  # by a signal: the next run tells the hubs
        return report
    return replace(report, warnings=report.warnings + await tell_hubs(app))


async def deliver_edition(app: App, edition: FrozenEdition, *, send: bool) -> Delivered:
    """Mail the edition to the subscribers who were planned at its freeze. Without `send`, and before its approval, nothing goes out."""
    planned = edition.planned
    if edition.approved_at is None:
        return awaiting_approval(edition, Delivered(counts=Counts(recipients=planned, queued=planned)))
    if not send:
        queued = (await app.store.ledger.counts(edition.mailing)).queued
        return Delivered(
            counts=Counts(recipients=planned, queued=queued),
            skipped=f"{edition.key} was made and published; `syndicate deliver` sends it.",
        )
    delivered = await deliver(app, edition)
    await fold_settled(app)
    if delivered.incomplete or delivered.sent:
        return delivered
    done = (
        f"{edition.key} is done: nothing was left to send."
        if planned
        else f"{edition.key} is published, but the list was empty when it was frozen; new subscribers get the next edition."
    )
    return replace(delivered, skipped=done)


def which_week(cutoff: CutOff, zone: ZoneInfo, now: datetime, week: WeekKey | None) -> WeekKey:
    """Return the key to make. Raises UsageError for a week that has not ended."""
    latest = cutoff.latest(now)
    if week is not None and week > latest:
        ends = cutoff.at(week).astimezone(zone)
        raise UsageError(
            f"The week {week} ends at {ends:%Y-%m-%d %H:%M}, which is still ahead.",
            f"The latest one is {latest}.",
        )
    return week or latest
