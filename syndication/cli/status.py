"""The verb that shows where editions, subscribers and sources are: status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import week_key
from syndication.cli.output import Output, fields_of, run_verb
from syndication.domain.text import counted
from syndication.errors import UsageError

if TYPE_CHECKING:
    from syndication.flows.collecting.health import SourceHealth, SourcesHealth
    from syndication.flows.site.status import EditionStatus, SiteStatus

__all__ = ["status"]

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
        raise UsageError("--sources and KEY exclude each other.", "The sources are those of all editions.")
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
    lines += [pause.sentence(found.timezone) for pause in found.paused]
    if not found.editions:
        lines.append(f"No edition yet. The latest week that has ended is {found.latest}.")
    for edition in found.editions:
        lines += _edition(edition)
    document = fields_of(found, "timezone") | {
        "editions": [
            fields_of(each, *(() if each.rows is not None else ("rows",))) for each in found.editions
        ],
        "paused": [pause.document(found.timezone) for pause in found.paused],
    }
    return Output(document, lines)


def _edition(edition: EditionStatus) -> list[str]:
    counts = [f"{number:,} {name}" for name in COUNTS if (number := getattr(edition, name)) or name == "sent"]
    line = (
        f"{edition.edition}  No. {edition.number:<4} {counted(edition.articles, 'article')}, "
        f"{counted(edition.recipients, 'recipient')}: {', '.join([*counts, *_unfinished(edition)])}"
    )
    lines = [line]
    for row in edition.rows or ():
        doubt = f", in doubt {row.unknown}x" if row.unknown else ""
        lines.append(f"  {row.state:<9} {row.email}  {row.stage}: {row.reply}{doubt}")
    return lines


def _unfinished(edition: EditionStatus) -> list[str]:
    """Return what keeps an edition back."""
    words = ["held"] if edition.held_at else []
    if not edition.approved_at:
        return [*words, "waits for its editor"]
    return words if edition.published_at else [*words, "not published yet"]


def _sources(found: SourcesHealth) -> Output:
    rows = [(source.name, source, _health(found, source, "article")) for source in found.sources]
    document: dict[str, Any] = {
        "sources": [{**fields_of(source), "said": said} for _, source, said in rows],
        "hot": None,
    }
    if found.hot:
        said = _health(found, found.hot, "line")
        document["hot"] = fields_of(found.hot, "name", "articles", "usual") | {
            "said": said,
            "lines": found.hot.articles,
        }
        rows.append(("(hot list)", found.hot, said))
    width = max(len(name) for name, _, _ in rows)
    return Output(document, [f"{name:<{width}}  {source.state:<7}  {said}" for name, source, said in rows])


def _health(found: SourcesHealth, source: SourceHealth, counts: str) -> str:
    """Return a source's state as a sentence; `counts` is what it gives, in the singular."""
    from syndication.flows.collecting.health import failing_since

    if source.state == "new":
        return "not collected yet"
    read = source.collected_at
    last = f"last read {read.astimezone(found.timezone):%Y-%m-%d %H:%M}" if read else "never read"
    number = counted(source.articles, counts)
    if source.failing_since and source.state == "failing":
        since = failing_since(source.failing_since, found.at, found.timezone).removeprefix("It has ")
        times = counted(source.failures, "time")
        return f"{since}, {times}: {source.error} {last[:1].upper()}{last[1:]}, {number}."
    if source.state == "retired":
        return f"gone (410); {last}"
    usual = f", used to be {source.usual:,}" if source.state == "empty" else ""
    return f"{last} in {source.seconds:.1f} s, {number}{usual}"
