"""The closing screens of `run`, `approve` and `deliver`: what the command did, and where to look."""

from pathlib import Path

from syndication.cli.output import Output
from syndication.domain.text import counted
from syndication.flows.app import App
from syndication.flows.report import Report

DONE, INCOMPLETE, WAITS = 0, 3, 6


def ran(app: App, report: Report, folder: Path | None = None) -> Output:
    """Show what a run did; `folder` is a dry run's."""
    return Output(report, _screen(app, report, folder), report.warnings, exit_code=_exit_code([report]))


def delivered(reports: list[Report]) -> Output:
    """Show what `deliver` did, one line for each edition."""
    lines = []
    for report in reports:
        lines.append(f"{report.edition}: {_mail(report)}")
        if report.skipped and (report.waits or report.held):
            lines.append(report.skipped)
    warnings = [warning for report in reports for warning in report.warnings]
    return Output(
        {"mailings": reports}, lines or ["Nothing is due."], warnings, exit_code=_exit_code(reports)
    )


def _exit_code(reports: list[Report]) -> int:
    if any(report.incomplete for report in reports):
        return INCOMPLETE
    return WAITS if any(report.waits for report in reports) else DONE


def _screen(app: App, report: Report, folder: Path | None) -> list[str]:
    title = f"{app.publication.title} · {report.edition}" + (
        f" · No. {report.number}" if report.number else ""
    )
    lines = ["", title, "─" * len(title)]
    if report.skipped:
        lines.append(report.skipped)
    if report.subject:
        lines.append(f"{'Subject':<10}{report.subject}")
    lines.append(
        f"{'Content':<10}{counted(report.articles, 'article')}, {counted(report.hot, 'hot entry', 'hot entries')}{_left_out(report)}"
    )
    if report.recipients or report.number:
        lines.append(f"{'Mail':<10}{_mail(report)}")
    for label, value in _places(app, report, folder):
        lines.append(f"{label:<10}{value}")
    if report.incomplete and not report.held:
        lines.append(_to_do(app, report))
    return lines


def _to_do(app: App, report: Report) -> str:
    """Return how to send the rest: the next `deliver` sends waiting mails; failed ones and those held in doubt need an option."""
    if report.queued or report.deferred or (report.unknown and app.delivery.resend_unknown):
        return f"Some subscribers do not have it yet: `syndicate deliver` sends the rest, `syndicate status {report.edition}` lists them."
    commands = [
        f"`syndicate deliver {report.edition} {option}` {what}"
        for number, option, what in (
            (report.failed, "--retry-failed", "tries again what failed"),
            (report.unknown, "--resend-unknown", "sends again what is in doubt"),
        )
        if number
    ]
    return f"Some subscribers do not have it: `syndicate status {report.edition}` lists them and why; {', '.join(commands)}."


def _places(app: App, report: Report, folder: Path | None) -> list[tuple[str, str]]:
    places = [("Feeds", str(app.folder.root))] if report.feeds else []
    if folder is not None:
        return [*places, ("Dry run", f"{folder} (nothing else was changed)")]
    if report.archive:
        places.append(("Archive", str(app.folder.root / "archive" / f"{report.edition}.html")))
    if app.outbox is not None and report.recipients:
        places.append(("Outbox", str(app.outbox)))
    return places


def _mail(report: Report) -> str:
    parts = [f"{report.sent:,} sent now of {counted(report.recipients, 'recipient')}"]
    for number, word in (
        (report.requeued, "queued again"),
        (report.queued, "still queued"),
        (report.deferred, "deferred"),
        (report.failed, "failed"),
        (report.unknown, "once left in doubt"),
        (report.no_content, "without a topic in it"),
    ):
        if number:
            parts.append(f"{number:,} {word}")
    return ", ".join(parts)


def _left_out(report: Report) -> str:
    out = "".join(
        f"; {number:,} in the backlog: {reason}" for reason, number in report.backlog_reasons.items()
    )
    return out + (f"; {report.waiting:,} for a later week" if report.waiting else "")
