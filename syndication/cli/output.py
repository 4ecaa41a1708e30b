"""How a verb answers: a flow returns a frozen result, a presenter turns it into an `Output`, and the runner prints that.

A whole verb is `return run_verb(context, lambda app: hold(app, week), _held)`; sentences are written in presenters, never in flows.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from syndication import logs
from syndication.cli.screen import options
from syndication.cli.streams import print_utf8
from syndication.domain.week import WeekKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence

    import typer

    from syndication.errors import SyndicationError
    from syndication.flows.app import App

log = logs.logger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Output:
    """What a verb prints: with `--json` the document; else the lines, and warnings and notes on standard error."""

    document: Any  # a frozen result, or a dict of them
    lines: Iterable[str] = ()
    warnings: Sequence[str] = ()
    notes: Iterable[str] = ()
    exit_code: int = 0

    @classmethod
    def sentence(cls, document: dict[str, Any], said: str) -> Output:
        """Return the output of a verb that reports in one sentence, which the document has as `said`."""
        return cls(document | {"said": said}, (said,), document.get("warnings", ()))


def run_verb(
    context: typer.Context, flow: Callable[[App], Awaitable[Result]], present: Callable[[Result], Output]
) -> int:
    """Run `flow` in the site, print its result as `present` puts it, and return the exit code."""
    return print_output(context, present(in_site(context, flow)))


def in_site(context: typer.Context, flow: Callable[[App], Awaitable[Result]]) -> Result:
    """Open the site, run `flow` in it and return its result; for verbs that print while they work."""

    async def job() -> Result:
        async with options(context).app() as app:
            return await flow(app)

    return run_async(job())


def print_output(context: typer.Context, output: Output) -> int:
    """Print an output and return its exit code."""
    if options(context).json:
        print_json(output.document)
    else:
        _print_beside(output)
        for line in output.lines:
            print(line, flush=True)
    return output.exit_code


def _print_beside(output: Output) -> None:
    """Print the warnings and notes on standard error, in the form of the log."""
    if logs.for_machines():
        for warning in output.warnings:
            log.warning(warning)
        for note in output.notes:
            log.info(note.strip())
    else:
        for line in (*(f"warning: {warning}" for warning in output.warnings), *output.notes):
            print(line, file=sys.stderr)


def fields_of(result: Any, *without: str) -> dict[str, Any]:
    """Return a dataclass's fields by name, the first part of a document."""
    return {each.name: getattr(result, each.name) for each in fields(result) if each.name not in without}


def print_json(document: Any) -> None:
    """Print the one JSON document on standard output, in UTF-8 (RFC 8259 §8.1)."""
    print_utf8()
    print(json.dumps(document, ensure_ascii=False, indent=2, default=json_value), flush=True)


def json_value(value: Any) -> Any:
    """Return the JSON form of a value: a result's fields, a time in ISO 8601, a week or path as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return fields_of(value) if is_dataclass(value) and not isinstance(value, WeekKey) else str(value)


def fail(error: SyndicationError, *, as_json: bool) -> int:
    """Print an error and return its exit code."""
    if as_json:
        with suppress(OSError):  # standard output itself may be what is full
            others = [{"message": each.message, "hint": each.hint} for each in error.others]
            document = {"code": error.code, "message": error.message, "hint": error.hint}
            print_json({"error": document | ({"others": others} if others else {})})
    for each in (error, *error.others):
        if logs.for_machines():
            log.error(each.message, code=each.code, hint=each.hint)
        else:
            print(f"syndicate: {each}", file=sys.stderr)
    return error.exit_code


def run_async(job: Coroutine[Any, Any, Result]) -> Result:
    """Run `job` on uvloop where it is installed, a third of the CPU for a mail; elsewhere on asyncio's own loop."""
    import asyncio  # 30 ms, which --help and --version need not pay

    try:
        from uvloop import new_event_loop
    except ImportError:  # Windows, PyPy
        return asyncio.run(job)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(job)
