"""The verb that lists an edition's deliveries: as lines, as CSV, or as one JSON document, streamed."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.edition import week_key
from syndication.cli.editor import Key  # noqa: TC001 - Typer reads the annotations as the command starts
from syndication.cli.output import fields_of, in_site, json_value
from syndication.cli.screen import options
from syndication.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from syndication.domain.delivery import State
    from syndication.flows.app import App
    from syndication.flows.sending.deliveries import DeliveryRow

__all__ = ["deliveries"]


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

    async def flow(app: App) -> None:
        from syndication.flows.sending.deliveries import list_deliveries

        rows = list_deliveries(app, week, states)
        # The first row is fetched before anything is written, so that an error is the only output.
        first = await anext(rows, None)
        write = _csv if as_csv else _json if as_json else _lines
        await write(str(week), first, rows)

    in_site(context, flow)
    return 0


def _states(names: list[str]) -> tuple[State, ...]:
    from syndication.domain.delivery import State

    try:
        return tuple(State(name) for name in names) or tuple(State)
    except ValueError:
        known = ", ".join(State)
        raise UsageError("There is no such state of a delivery.", f"Write one of {known}.") from None


async def _csv(_: str, first: DeliveryRow | None, rows: AsyncIterator[DeliveryRow]) -> None:
    from syndication.flows.sending.deliveries import COLUMNS

    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    if first is not None:
        out.writerow(_cells(first))
        async for row in rows:
            out.writerow(_cells(row))


def _cells(row: DeliveryRow) -> dict[str, object]:
    """Return a row's cells. A server's words must not become a formula in a spreadsheet."""
    cells = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in fields_of(row).items()
    }
    formulas = [name for name in ("reply", "server") if cells[name].startswith(("=", "+", "-", "@"))]
    return cells | {name: f"'{cells[name]}" for name in formulas}


async def _json(week: str, first: DeliveryRow | None, rows: AsyncIterator[DeliveryRow]) -> None:
    print(f'{{"edition": {json.dumps(week)}, "deliveries": [', end="")
    if first is not None:
        print("\n" + json.dumps(first, ensure_ascii=False, default=json_value), end="")
        async for row in rows:
            print(",\n" + json.dumps(row, ensure_ascii=False, default=json_value), end="")
    print("\n]}")


async def _lines(week: str, first: DeliveryRow | None, rows: AsyncIterator[DeliveryRow]) -> None:
    if first is None:
        print(f"{week} has no such delivery.")
        return
    _print_line(first)
    async for row in rows:
        _print_line(row)


def _print_line(row: DeliveryRow) -> None:
    parts = [f"{row.state:<10} {row.email}"]
    if row.stage or row.reply:
        parts.append(f"{row.stage}: {row.reply}" + (f" ({row.server})" if row.server else ""))
    if row.attempts > 1:
        parts.append(f"{row.attempts} attempts")
    if row.unknown:
        parts.append(f"in doubt {row.unknown}x")
    if row.next_attempt:
        parts.append(f"next {row.next_attempt.isoformat()}")
    if row.gives_up:
        parts.append(f"given up from {row.gives_up.isoformat()}")
    print("  ".join(parts))
