"""The closing screens: what a command did, and where to look."""

import sys
from pathlib import Path
from typing import Any

from syndication.cli.screen import document
from syndication.domain.text import counted
from syndication.flows.app import App
from syndication.flows.report import Report

__all__ = ["close", "close_deliver", "show_sources", "show_status"]

DONE, INCOMPLETE, WAITS = 0, 3, 6


def close(app: App, report: Report, *, as_json: bool, folder: Path | None = None) -> int:
    """Show what a run did; `folder` is a dry run's."""
    if as_json:
        document(report.document())
    else:
        _print_warnings(report)
        print(_screen(app, report, folder))
    return _exit_code([report])


def _exit_code(reports: list[Report]) -> int:
    if any(report.incomplete for report in reports):
        return INCOMPLETE
    return WAITS if any(report.waits for report in reports) else DONE


def _screen(app: App, report: Report, folder: Path | None) -> str:
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
    return "\n".join(lines)


def _to_do(app: App, report: Report) -> str:
    """Return what sends the rest: waiting mails go with the next `deliver`, failed ones and those kept in doubt need an option."""
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


def _print_warnings(report: Report) -> None:
    for line in report.warnings:
        print(f"warning: {line}", file=sys.stderr)


def close_deliver(reports: list[Report], *, as_json: bool) -> int:
    """Show what `deliver` did, one line for each edition."""
    if as_json:
        document({"mailings": [report.document() for report in reports]})
    else:
        for report in reports:
            _print_warnings(report)
            print(f"{report.edition}: {_mail(report)}")
            if report.waits or report.held:
                print(report.skipped)
        if not reports:
            print("Nothing is due.")
    return _exit_code(reports)


def show_status(standing: dict[str, Any], *, as_json: bool) -> int:
    """Show the editions, and the troubled rows of one."""
    if as_json:
        document(standing)
        return DONE
    subscribers = standing["subscribers"]
    print(
        "Subscribers: "
        + (", ".join(f"{number:,} {consent}" for consent, number in subscribers.items() if number) or "none")
    )
    if standing["intake"]:
        counts = ", ".join(f"{number:,} {result}" for result, number in standing["intake"].items())
        print(f"What came back in 90 days: {counts}")
    for paused in standing["paused"]:
        print(paused["said"])
    if not standing["editions"]:
        print(f"No edition yet. The latest week that has ended is {standing['latest']}.")
    for edition in standing["editions"]:
        counts = ", ".join(f"{edition[name]:,} {name}" for name in _COUNTS if edition[name] or name == "sent")
        published = "".join(f", {each}" for each in _unfinished(edition))
        print(
            f"{edition['edition']}  No. {edition['number']:<4} {counted(edition['articles'], 'article')}, {counted(edition['recipients'], 'recipient')}: {counts}{published}"
        )
        for row in edition.get("rows", ()):
            doubt = f", in doubt {row['unknown']}x" if row["unknown"] else ""
            print(f"  {row['state']:<9} {row['email']}  {row['stage']}: {row['reply']}{doubt}")
    return DONE


def show_sources(standing: dict[str, Any], *, as_json: bool) -> int:
    """Show the state of the sources, one line each."""
    if as_json:
        document(standing)
        return DONE
    rows = [(source["name"], source) for source in standing["sources"]]
    if standing["hot"]:
        rows.append(("(hot list)", standing["hot"]))
    width = max(len(name) for name, _ in rows)
    for name, source in rows:
        print(f"{name:<{width}}  {source['state']:<7}  {source['said']}")
    return DONE


def _unfinished(edition: dict[str, Any]) -> list[str]:
    """Return why an edition is not out."""
    words = ["held"] if edition["held_at"] else []
    if not edition["approved_at"]:
        return [*words, "waits for its editor"]
    return words if edition["published_at"] else [*words, "not published yet"]


_COUNTS = ("sent", "queued", "deferred", "failed", "unknown", "no_content")
