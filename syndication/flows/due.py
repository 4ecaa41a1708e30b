"""`syndicate deliver`: what is due of any edition, for a cron every 15 minutes."""

from syndication.domain.week import WeekKey
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.deliver import deliver
from syndication.flows.report import Report

__all__ = ["deliver_due", "require_working_links"]


async def deliver_due(app: App, key: WeekKey | None) -> list[Report]:
    """Send what is due of every published edition with open rows, or of one; a report each. Raises UsageError for no such edition."""
    require_working_links(app)
    app.signing.ready()
    keys = [key] if key else await _with_open_rows(app)
    reports = []
    for each in keys:
        edition = await app.store.editions.get(each)
        if edition is None:
            raise UsageError(f"There is no edition {each} yet.", "`syndicate run --weekly` makes the latest.")
        report = Report(str(each), number=edition.number, subject=edition.subject)
        if edition.published_at is None:
            if key:
                raise UsageError(
                    f"The edition {each} is not published yet.",
                    f"`syndicate run --week {each}` goes on from there.",
                )
            report.warnings.append(
                f"The edition {each} is not published yet: `syndicate run --week {each}` goes on from there."
            )
            report.incomplete = True
        else:
            await deliver(app, edition.mailing, report)
        reports.append(report)
    return reports


async def _with_open_rows(app: App) -> list[WeekKey]:
    mailings = [await app.store.editions.mailing(each) for each in await app.store.editions.open_mailings()]
    return sorted(mailing.edition for mailing in mailings if mailing.edition is not None)


def require_working_links(app: App) -> None:
    """Refuse to mail the world as long as nothing answers the one-click links of the mails (RFC 8058)."""
    if app.mail.beyond_loopback:
        raise UsageError(
            f"The SMTP server {app.mail.beyond_loopback} is not on this machine, and this version has no page yet that answers "
            "the unsubscribe links of its mails.",
            'Use url = "outbox:var/outbox" or a server on loopback in [smtp].',
        )
