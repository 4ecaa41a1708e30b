"""The verb that lists an edition's deliveries: as lines, as CSV, or as one JSON document, streamed."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import week_key
from syndication.cli.editor import Key  # noqa: TC001 - Typer reads the annotations as the command starts
from syndication.cli.output import in_site
from syndication.cli.screen import options
from syndication.cli.streams import print_utf8
from syndication.errors import UsageError

if TYPE_CHECKING:
    from syndication.domain.delivery import DeliveryLine, State
    from syndication.flows.app import App


def deliveries(
    context: typer.Context,
    key: Key,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="List only rows in this state; may be repeated."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV with a header.")] = False,
) -> int:
    """List the deliveries of one edition with the server's words, next attempts and give-up times."""
    week, as_json = week_key(key), options(context).json
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other.")
    states = _states(state or [])

    text = _csv if as_csv else _json if as_json else _line
    head, between, tail, empty = _frame(str(week), as_csv=as_csv, as_json=as_json)

    async def flow(app: App) -> None:
        if as_csv or as_json:
            print_utf8()
        from syndication.flows.sending.deliveries import list_deliveries

        begun = False  # nothing is printed before the first row is there, so that an error is the only output
        async for line in list_deliveries(app, week, states):
            print((between if begun else head) + text(delivery_row(line)), end="")
            begun = True
        print(tail if begun else empty, end="")

    in_site(context, flow)
    return 0


def _frame(week: str, *, as_csv: bool, as_json: bool) -> tuple[str, str, str, str]:
    """Return what is printed before, between and after the rows, and when there are none."""
    if as_csv:
        header = ",".join(COLUMNS) + "\n"
        return header, "", "", header
    if as_json:
        head = f'{{"edition": {json.dumps(week)}, "deliveries": [\n'
        return head, ",\n", "\n]}\n", f"{head}]}}\n"
    return "", "", "", f"{week} has no such delivery.\n"


def _states(names: list[str]) -> tuple[State, ...]:
    from syndication.domain.delivery import State

    try:
        return tuple(State(name) for name in names) or tuple(State)
    except ValueError:
        known = ", ".join(State)
        raise UsageError("There is no such state of a delivery.", f"Write one of {known}.") from None


def delivery_row(line: DeliveryLine) -> dict[str, Any]:
    """Return one row as it is shown. `unknown` counts unanswered final dots."""
    from syndication.flows.sending.deliveries import gives_up

    last = gives_up(line)
    return {
        "email": line.email,
        "state": line.state.value,
        "unknown": line.unknowns,
        "attempts": line.attempts,
        "stage": line.stage.value if line.stage else "",
        "reply": f"{line.code or ''} {line.text}".strip(),
        "server": line.server,
        "at": line.at.isoformat(),
        "next_attempt": line.due.isoformat() if line.due else None,
        "gives_up": last.isoformat() if last else None,
    }


COLUMNS = (
    "email",
    "state",
    "unknown",
    "attempts",
    "stage",
    "reply",
    "server",
    "at",
    "next_attempt",
    "gives_up",
)


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _csv(row: dict[str, Any]) -> str:
    """Return the row with a `'` before server's words that a spreadsheet would take for a formula."""
    formulas = [name for name in ("reply", "server") if row[name].startswith(("=", "+", "-", "@"))]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(
        (row | {name: f"'{row[name]}" for name in formulas}).values()
    )
    return out.getvalue()


def _line(row: dict[str, Any]) -> str:
    parts = [f"{row['state']:<10} {row['email']}"]
    if row["stage"] or row["reply"]:
        parts.append(f"{row['stage']}: {row['reply']}" + (f" ({row['server']})" if row["server"] else ""))
    if row["attempts"] > 1:
        parts.append(f"{row['attempts']} attempts")
    if row["unknown"]:
        parts.append(f"in doubt {row['unknown']}x")
    if row["next_attempt"]:
        parts.append(f"next {row['next_attempt']}")
    if row["gives_up"]:
        parts.append(f"given up from {row['gives_up']}")
    return "  ".join(parts) + "\n"
