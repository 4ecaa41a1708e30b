"""The verb that shows where editions, subscribers and sources are: status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.deliveries import delivery_row
from syndication.cli.edition import week_key
from syndication.cli.output import Output, fields_of, run_verb
from syndication.domain.text import counted
from syndication.errors import UsageError

if TYPE_CHECKING:
    from syndication.flows.collecting.health import SourceHealth, SourcesHealth
    from syndication.flows.site.status import EditionStatus, SiteStatus

COUNTS = ("sent", "queued", "deferred", "failed", "unknown", "no_content")


def status(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="Show the sources instead of the editions.")
    ] = False,
) -> int:
    """Show the editions; with KEY every subscriber whose mail failed, waits or was left in doubt, with the server's words."""
    from syndication.flows.collecting.health import sources_health
    from syndication.flows.site.status import site_status

    if sources and key:
        raise UsageError(
            "--sources and KEY exclude each other.", "Leave KEY out: sources do not belong to one edition."
        )
    week = week_key(key)
    if sources:
        return run_verb(context, sources_health, _sources)
    return run_verb(context, lambda app: site_status(app, week), _status)


def _status(found: SiteStatus) -> Output:
    counts = [f"{number:,} {consent}" for consent, number in found.subscribers.items() if number]
    lines = [f"Subscribers: {', '.join(counts) or 'none'}"]
    if found.intake:
        intake = ", ".join(f"{number:,} {result}" for result, number in found.intake.items())
        lines.append(f"Returned in 90 days: {intake}")
    mailed, most = found.confirmations
    if mailed:
        limit = f" of {most:,} (web.confirmations_per_hour)" if most else ""
        closed = "; the form takes nobody until this is less" if most and mailed >= most else ""
        lines.append(f"Confirmations in the last hour: {mailed:,}{limit}{closed}")
    lines += [pause.sentence(found.timezone) for pause in found.paused]
    if not found.editions:
        lines.append(f"No edition yet. The latest week that has ended is {found.latest}.")
    editions = [_edition_document(edition) for edition in found.editions]
    for edition in editions:
        lines += _edition_lines(edition)
    document = fields_of(found, "timezone", "confirmations") | {
        "editions": editions,
        "paused": [pause.document(found.timezone) for pause in found.paused],
    }
    return Output(document, lines)


def _edition_document(found: EditionStatus) -> dict[str, Any]:
    edition, counts = found.edition, found.counts
    document = {
        "edition": edition.key,
        "number": edition.number,
        "subject": edition.subject,
        "articles": len(edition.articles),
        "frozen_at": edition.frozen_at,
        "approved_at": edition.approved_at,
        "held_at": edition.held_at,
        "published_at": edition.published_at,
        "recipients": counts.recipients,
        "sent": counts.sent,
        "queued": counts.queued,
        "deferred": counts.deferred,
        "failed": counts.failed,
        "unknown": counts.doubtful,
        "no_content": counts.no_content,
    }
    return document | ({} if found.rows is None else {"rows": [delivery_row(line) for line in found.rows]})


def _edition_lines(edition: dict[str, Any]) -> list[str]:
    counts = [f"{edition[name]:,} {name}" for name in COUNTS if edition[name] or name == "sent"]
    line = (
        f"{edition['edition']}  No. {edition['number']:<4} {counted(edition['articles'], 'article')}, "
        f"{counted(edition['recipients'], 'recipient')}: {', '.join([*counts, *_unfinished(edition)])}"
    )
    lines = [line]
    for row in edition.get("rows", ()):
        doubt = f", in doubt {row['unknown']}x" if row["unknown"] else ""
        lines.append(f"  {row['state']:<9} {row['email']}  {row['stage']}: {row['reply']}{doubt}")
    return lines


def _unfinished(edition: dict[str, Any]) -> list[str]:
    """Return what keeps an edition back."""
    words = ["held"] if edition["held_at"] else []
    if not edition["approved_at"]:
        return [*words, "waits for its editor"]
    return words if edition["published_at"] else [*words, "not published yet"]


def _sources(found: SourcesHealth) -> Output:
    sources = [_source_document(found, source, "article") for source in found.sources]
    lines = [(source["name"], source) for source in sources]
    hot = None
    if found.hot:
        hot = _source_document(found, found.hot, "line")
        hot["lines"] = hot.pop("articles")
        hot = {name: value for name, value in hot.items() if name not in {"name", "usual"}}
        lines.append(("(hot list)", hot))
    width = max(len(name) for name, _ in lines)
    return Output(
        {"sources": sources, "hot": hot},
        [f"{name:<{width}}  {source['state']:<7}  {source['said']}" for name, source in lines],
    )


def _source_document(found: SourcesHealth, health: SourceHealth, counts: str) -> dict[str, Any]:
    state = health.record
    return {
        "name": health.source.name,
        "kind": health.source.kind,
        "location": health.location,
        "state": health.state,
        "collected_at": state.collected if state else None,
        "articles": state.count if state else 0,
        "usual": state.usual if state else 0,
        "seconds": round(state.took, 3) if state else None,
        "failures": state.failures if state else 0,
        "failing_since": state.failing_since if state else None,
        "failed_at": state.failed if state else None,
        "error": (state.error or None) if state else None,
        "said": _said(found, health, counts),
    }


def _said(found: SourcesHealth, health: SourceHealth, counts: str) -> str:
    """Return a source's state as a sentence; `counts` is what it gives, in the singular."""
    from syndication.flows.collecting.health import failing_since

    state = health.record
    if state is None:
        return "not collected yet"
    read = state.collected
    last = f"last read {read.astimezone(found.timezone):%Y-%m-%d %H:%M}" if read else "never read"
    number = counted(state.count, counts)
    if health.state == "failing":
        assert state.failing_since is not None
        since = failing_since(state.failing_since, found.at, found.timezone).removeprefix("It has ")
        times = counted(state.failures, "time")
        return f"{since}, {times}: {state.error} {last[:1].upper()}{last[1:]}, {number}."
    if health.state == "retired":
        return f"gone (410); {last}"
    usual = f", used to be {state.usual:,}" if health.state == "empty" else ""
    return f"{last} in {state.took:.1f} s, {number}{usual}"
