"""The verb that explains the hot list."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - Typer reads the annotations as the command starts

from syndication.cli.edition import Week, week_key
from syndication.cli.output import Output, fields_of, run_verb
from syndication.domain.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from syndication.flows.edition.hot import ExplainedHotList

_KINDS = {"source": "the sources' pages", "page": "a page", "access-log": "the access log", "file": "a file"}
_MARKS = {"up": "▲{}", "down": "▼{}", "new": "NEW", "same": "–"}  # noqa: RUF001 - as in the mail
_MEANT = {
    "address": "found by its address",
    "title": "found by its title",
    "near title": "found by a title that is nearly the same ({:.3f})",
    "nobody": "no known article has this address or title",
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
    "prefetch": "prefetched by a browser, not opened by a visitor",
}


def hot(context: typer.Context, week: Week = None) -> int:
    """Show the week's hot list and how each number was computed: as it is frozen, or as it would be now."""
    from syndication.flows.edition.hot import explain_hot_list

    return run_verb(context, lambda app: explain_hot_list(app, week_key(week)), _explained)


def _explained(found: ExplainedHotList) -> Output:
    document = fields_of(found, "account", "warnings") | {**found.account, "warnings": found.warnings}
    return Output(document, _lines(found, found.account), found.warnings)


def _lines(found: ExplainedHotList, account: Mapping[str, Any]) -> list[str]:
    zone = found.timezone
    state = (
        f"frozen at {_local(found.frozen, zone)}"
        if found.frozen
        else "not made yet; a run would make this now"
    )
    lines = [f"{found.edition}: {state}", *_origin(account, zone)]
    for entry in account["entries"]:
        lines += ["", *_entry(entry)]
    if not account["entries"]:
        lines += ["", "There is no hot list."]
    elif account["lines"] and (more := account["lines"] - len(account["entries"])):
        lines += ["", f"{counted(more, 'more line')} of the list {'have' if more > 1 else 'has'} no place."]
    return lines + (_log(account["log"], zone) if account["log"] else [])


def _origin(account: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    if not account["kind"]:
        return ["made by an earlier version, which kept no account of it"]
    origin = f", {account['origin']}" if account["origin"] else ""
    page = f", on a page of {_at(account['published'], zone)}" if account["published"] else ""
    against = (
        f"moved against {account['against']}"
        if account["against"]
        else "no marks: there is no edition before it"
    )
    return [
        f"from {_KINDS[account['kind']]}{origin}{page}, read at {_at(account['read'], zone)}",
        f"after {_at(account['begins'], zone)} up to {_at(account['ends'], zone)}; {against}",
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
        lines.append(
            f"{log['nameless']:,} of the views have no user agent, so robots among them cannot be recognised."
        )
    if log["estimated"]:
        lines.append("The visitors of the most read articles are estimated, within about one per cent.")
    return lines


def _at(iso: str, zone: ZoneInfo) -> str:
    return _local(datetime.fromisoformat(iso), zone)


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
