"""The editor's verbs: what goes out, and when."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.edition import Week, week_key
from syndication.cli.loop import run as run_job
from syndication.cli.screen import Options, document, options
from syndication.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syndication.domain.week import WeekKey
    from syndication.flows.test_mail import Sent

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    command.command("send")(send)


def send(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Option("--test", metavar="ADDRESS", help="Where the test mail goes.")
    ] = None,
    week: Week = None,
    subscriber: Annotated[
        str, typer.Option("--subscriber", metavar="EMAIL", help="As this reader would get it.")
    ] = "",
) -> int:
    """Send one test mail of an edition, as it is frozen or as a run would make it now; nothing is kept, and no reader gets anything."""
    if address is None:
        raise UsageError(
            "Say where the test mail goes.",
            "`syndicate send --test you@example.com`; readers get their mail from `run`, `approve` and `deliver`.",
        )
    return run_job(_test(options(context), week_key(week), address, subscriber))


async def _test(chosen: Options, week: WeekKey | None, address: str, subscriber: str) -> int:
    from syndication.flows.report import Report
    from syndication.flows.test_mail import drafted_mailing, frozen_mailing, send_test
    from syndication.flows.weekly import which_week
    from syndication.wiring import open_app, open_rehearsal

    async with open_app(chosen.config, progress=chosen.progress()) as app:
        key = which_week(app.edition.cutoff, app.publication.timezone, app.clock(), week)
        mailing = await frozen_mailing(app, key)
        if mailing is not None:
            return _tested(chosen, key, await send_test(app, mailing, address, subscriber=subscriber), ())
    with TemporaryDirectory(prefix="syndicate-") as below:
        rehearsal = open_rehearsal(chosen.config, key, progress=chosen.progress(), below=Path(below))
        async with rehearsal as (app, _, _):
            report = Report(str(key))
            mailing = await drafted_mailing(app, key, report)
            sent = await send_test(app, mailing, address, subscriber=subscriber)
            return _tested(chosen, key, sent, report.warnings)


def _tested(chosen: Options, key: WeekKey, sent: Sent, warnings: Sequence[str]) -> int:
    if chosen.json:
        found = {"edition": str(key), "to": sent.to, "subject": sent.subject, "reply": sent.reply}
        document(found | {"warnings": list(warnings)})
        return 0
    for line in warnings:
        print(f"warning: {line}", file=sys.stderr)
    print(f"{key}: a test mail is on its way to {sent.to}: {sent.subject}")
    return 0
