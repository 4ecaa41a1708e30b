"""The verb that lists an edition's deliveries: as lines, as CSV, or as one JSON document, streamed."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import week_key
from syndication.cli.loop import run
from syndication.cli.screen import Options, options
from syndication.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from syndication.domain.delivery import State

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verb to `command`."""
    command.command("deliveries")(deliveries)


def deliveries(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only rows in this state; may be given several times."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV with a header.")] = False,
) -> int:
    """List the deliveries of one edition with the server's words, next attempts and give-up times."""
    chosen = options(context)
    if as_csv and chosen.json:
        raise UsageError("--csv and --json exclude each other.")
    return run(_list(chosen, key, _states(state or ()), as_csv=as_csv))


def _states(names: list[str] | tuple[()]) -> tuple[State, ...]:
    from syndication.domain.delivery import State

    try:
        return tuple(State(name) for name in names) or tuple(State)
    except ValueError:
        known = ", ".join(State)
        raise UsageError("There is no such state of a delivery.", f"Write one of {known}.") from None


async def _list(chosen: Options, key: str, states: tuple[State, ...], *, as_csv: bool) -> int:
    from syndication.flows.sending.deliveries import deliveries as rows_of

    week = week_key(key)
    assert week is not None
    async with chosen.app() as app:
        rows = rows_of(app, week, states)
        # The first row is asked for before anything is written: then an error is all that there is.
        first = await anext(rows, None)
        write = _csv if as_csv else _json if chosen.json else _lines
        await write(str(week), first, rows)
    return 0


async def _csv(_: str, first: dict[str, Any] | None, rows: AsyncIterator[dict[str, Any]]) -> None:
    from syndication.flows.sending.deliveries import COLUMNS

    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    if first is not None:
        out.writerow(_unformulaic(first))
        async for row in rows:
            out.writerow(_unformulaic(row))


def _unformulaic(row: dict[str, Any]) -> dict[str, Any]:
    """A server's words must not become a formula in somebody's spreadsheet."""
    formulas = [name for name in ("reply", "server") if row[name].startswith(("=", "+", "-", "@"))]
    return row | {name: f"'{row[name]}" for name in formulas}


async def _json(week: str, first: dict[str, Any] | None, rows: AsyncIterator[dict[str, Any]]) -> None:
    print(f'{{"edition": {json.dumps(week)}, "deliveries": [', end="")
    if first is not None:
        print("\n" + json.dumps(first, ensure_ascii=False), end="")
        async for row in rows:
            print(",\n" + json.dumps(row, ensure_ascii=False), end="")
    print("\n]}")


async def _lines(week: str, first: dict[str, Any] | None, rows: AsyncIterator[dict[str, Any]]) -> None:
    if first is None:
        print(f"{week} has no such delivery.")
        return
    _line(first)
    async for row in rows:
        _line(row)


def _line(row: dict[str, Any]) -> None:
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
    print("  ".join(parts))
