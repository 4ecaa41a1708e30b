"""The verb that tells how the hot list came about."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer  # noqa: TC002 - Typer reads the annotations as the command starts

from syndication.cli.edition import Week, week_key
from syndication.cli.loop import run
from syndication.cli.screen import document, options
from syndication.domain.text import counted

__all__ = ["register"]

_KINDS = {"source": "the sources' pages", "page": "a page", "access-log": "the access log", "file": "a file"}
_MARKS = {"up": "▲{}", "down": "▼{}", "new": "NEW", "same": "–"}  # noqa: RUF001 - as in the mail
_MEANT = {
    "address": "found by its address",
    "title": "found by its title",
    "near title": "found by a title that is nearly the same ({:.3f})",
    "nobody": "no article of ours is known by this address or title",
}
_LEFT_OUT = {
    "broken": "broken",
    "asset": "styles, scripts, images and feeds",
    "no article": "no article's address",
    "another host": "an article's path on another host",
    "no GET": "no GET",
    "status": "answered with neither 200 nor 304",
    "another week": "of another week",
    "robot": "robots",
    "prefetch": "fetched by a browser ahead of its visitor",
}


def register(command: typer.Typer) -> None:
    """Add the verb to `command`."""
    command.command("hot")(hot)


def hot(context: typer.Context, week: Week = None) -> int:
    """The week's hot list, and how each number came about: as it is frozen, or as it would be now."""
    chosen = options(context)

    async def job() -> int:
        from syndication.flows.edition.hot import told_hot

        async with chosen.app() as app:
            told = await told_hot(app, week_key(week))
        if chosen.json:
            document(told)
        else:
            for line in told["warnings"]:
                print(f"warning: {line}", file=sys.stderr)
            print("\n".join(_lines(told)))
        return 0

    return run(job())


def _lines(told: dict[str, Any]) -> list[str]:
    zone = ZoneInfo(told["timezone"])
    state = (
        f"frozen at {_at(told['frozen'], zone)}"
        if told["frozen"]
        else "not made yet: this is what it would be"
    )
    lines = [f"{told['edition']}: {state}", *_origin(told, zone)]
    for entry in told["entries"]:
        lines += ["", *_entry(entry)]
    if not told["entries"]:
        lines += ["", "There is no hot list."]
    elif told["lines"] and (more := told["lines"] - len(told["entries"])):
        lines += ["", f"{counted(more, 'more line')} of the list {'have' if more > 1 else 'has'} no place."]
    return lines + (_log(told["log"], zone) if told["log"] else [])


def _origin(told: dict[str, Any], zone: ZoneInfo) -> list[str]:
    if not told["kind"]:
        return ["how it came about was not kept: an earlier version made it"]
    origin = f", {told['origin']}" if told["origin"] else ""
    page = f", on a page of {_at(told['published'], zone)}" if told["published"] else ""
    against = (
        f"moved against {told['against']}" if told["against"] else "no marks: there is no edition before it"
    )
    return [
        f"from {_KINDS[told['kind']]}{origin}{page}, read at {_at(told['read'], zone)}",
        f"after {_at(told['begins'], zone)} up to {_at(told['ends'], zone)}; {against}",
    ]


def _entry(entry: dict[str, Any]) -> list[str]:
    moved = entry["movement"]
    mark = f"  {_MARKS[moved['trend']].format(moved['places'])}" if moved else ""
    lines = [f"{entry['rank']:>3}. {entry['title']}{mark}"]
    if entry["views"] is not None:
        visitors, views = counted(int(entry["score"]), "visitor"), counted(entry["views"], "view")
        lines.append(f"{visitors}, {views}")
    elif entry["score"] is not None:
        lines.append(f"score {entry['score']:,.12g}")
    if entry["meant"]:
        lines.append(_MEANT[entry["meant"]].format(entry["ratio"]))
        if entry["meant"] == "near title":
            lines.append(f"written there: {entry['line']['title']}")
    if entry["url"]:
        lines.append(entry["url"])
    return [lines[0], *(f"     {line}" for line in lines[1:])]


def _log(log: dict[str, Any], zone: ZoneInfo) -> list[str]:
    passed = f"; {log['passed_over']} more were last written before the week" if log["passed_over"] else ""
    lines = ["", f"{counted(log['lines'], 'line')} in {counted(len(log['files']), 'file')}{passed}"]
    lines.append(
        f"{log['views']:>12,}  {'view' if log['views'] == 1 else 'views'} of {counted(log['articles'], 'article')}"
    )
    lines += [f"{number:>12,}  {_LEFT_OUT[reason]}" for reason, number in log["left_out"].items()]
    if log["first"]:
        lines.append(
            f"Its lines about articles are of {_at(log['first'], zone)} to {_at(log['last'], zone)}."
        )
    if log["nameless"]:
        lines.append(f"{log['nameless']:,} of the views have no user agent: no robot can be told among them.")
    if log["estimated"]:
        lines.append("The visitors of the most read articles are estimated, within about one per cent.")
    return lines


def _at(iso: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(zone):%Y-%m-%d %H:%M}"
