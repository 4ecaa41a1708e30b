"""The weekly job: collect → compose → render → publish → deliver.

Each stage is saved under the edition's key, so a run that was stopped anywhere goes on from there, and a second run of the same key
does nothing and says so. From the freeze on nothing is collected or composed again: what was frozen is what is published and mailed.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from syndication.domain.frozen import FrozenEdition
from syndication.domain.week import CutOff, WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.collecting.collect import collect
from syndication.flows.edition.freeze import freeze_edition
from syndication.flows.publishing.publish import publish
from syndication.flows.report import Report
from syndication.flows.sending.deliver import deliver
from syndication.flows.sending.due import fold_settled, wait_for_approval

__all__ = ["Weekly", "run_weekly", "which_week"]


@dataclass(frozen=True, slots=True)
class Weekly:
    """What was asked for: an edition's key (None: the latest whose cut-off has passed), and whether mail goes out."""

    week: WeekKey | None = None
    send: bool = True


async def run_weekly(app: App, asked: Weekly) -> Report:
    """Make, publish and send one edition, or go on where an earlier run of it stopped."""
    key = which_week(app.edition.cutoff, app.publication.timezone, app.clock(), asked.week)
    report = Report(str(key))
    if asked.send:
        app.signing.ready()
    with app.locks("collect-and-publish"):
        edition = await app.store.editions.get(key)
        if edition is None:
            await collect(app, report)
            edition = await freeze_edition(app, key, report)
        if edition is None or edition.published_at is None:
            await publish(app, edition, report)
    if edition is not None:
        await deliver_edition(app, edition, report, send=asked.send)
    return report


async def deliver_edition(app: App, edition: FrozenEdition, report: Report, *, send: bool) -> None:
    """Mail the edition to the subscribers who were planned at its freeze, and count how the mailing stands."""
    report.number, report.subject = edition.number, edition.subject
    report.articles, report.hot = len(edition.articles), len(edition.hot)
    if edition.approved_at is None:
        report.recipients = report.queued = edition.planned
        wait_for_approval(report)
        return
    report.archive = f"{app.publication.feeds_url}archive/{edition.key}.html"
    if send:
        await deliver(app, edition.mailing, report)
        await fold_settled(app)
        if not report.incomplete and not report.sent:
            report.skipped = (
                f"{edition.key} is done: nothing was left to send."
                if edition.planned
                else f"{edition.key} is published, but nobody was on the list when it was frozen; who joins the list now gets the next one."
            )
    else:
        report.recipients = edition.planned
        report.queued = (await app.store.ledger.counts(edition.mailing)).queued
        report.skipped = f"{edition.key} was made and published; `syndicate deliver` sends it."


def which_week(cutoff: CutOff, zone: ZoneInfo, now: datetime, week: WeekKey | None) -> WeekKey:
    """The key to make. Raises UsageError for a week that has not ended."""
    latest = cutoff.latest(now)
    if week is not None and week > latest:
        ends = cutoff.at(week).astimezone(zone)
        raise UsageError(
            f"The week {week} ends at {ends:%Y-%m-%d %H:%M}, which is still ahead.",
            f"The latest one is {latest}.",
        )
    return week or latest
