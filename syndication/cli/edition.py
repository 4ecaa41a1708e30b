"""The verbs of the weekly job: run, deliver, collect, publish."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, overload

import typer

from syndication.cli.output import Output, in_site, print_output, run_async, run_verb
from syndication.cli.screen import JsonProgress, Options, options
from syndication.domain.text import counted
from syndication.errors import SyndicationError, UsageError

if TYPE_CHECKING:
    from syndication.domain.week import WeekKey
    from syndication.flows.app import App
    from syndication.flows.collecting.collect import Collected

Week = Annotated[
    str | None, typer.Option("--week", metavar="KEY", help="This edition (2026-W47) instead of the latest.")
]


def run(
    context: typer.Context,
    weekly: Annotated[
        bool, typer.Option("--weekly", help="Make the latest edition whose week has ended.")
    ] = False,
    week: Week = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write everything to var/dry-run/KEY/ and change nothing else.")
    ] = False,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Make and publish the edition, but send no mail yet.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="With --dry-run: every subscriber's mail, not the first 100.")
    ] = False,
) -> int:
    """Collect, compose, render, publish and deliver one edition. Continues where it was stopped, and never sends twice."""
    if not weekly and week is None:
        raise UsageError(
            "Choose the edition to run.", "`syndicate run --weekly` makes the latest; --week KEY another."
        )
    if every and not dry_run:
        raise UsageError("--all needs --dry-run.")
    if dry_run:
        return print_output(context, run_async(_dry_run(options(context), week_key(week), every=every)))

    async def flow(app: App) -> Output:
        from syndication.cli.closing import ran
        from syndication.flows.weekly import run_weekly

        return ran(app, await run_weekly(app, week_key(week), send=not no_send))

    return print_output(context, in_site(context, flow))


async def _dry_run(chosen: Options, week: WeekKey | None, *, every: bool) -> Output:
    from syndication.cli.closing import ran
    from syndication.flows.desk.dry_run import dry_run

    async with chosen.rehearsal(week) as (app, key, folder):
        return ran(app, await dry_run(app, key, folder, every=every), folder)


def deliver(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Try failed mails once more, but not dead addresses (5.1.x)."),
    ] = False,
    resend_unknown: Annotated[
        bool, typer.Option("--resend-unknown", help="Send again what was left in doubt and held.")
    ] = False,
) -> int:
    """Send what is due of any edition, or of KEY; never collects. For a cron every 15 minutes."""
    from syndication.cli.closing import delivered
    from syndication.domain.delivery import State
    from syndication.flows.sending.due import deliver_due

    wanted = {State.FAILED: retry_failed, State.UNKNOWN: resend_unknown}
    week, again = week_key(key), [state for state, is_wanted in wanted.items() if is_wanted]
    return run_verb(context, lambda app: deliver_due(app, week, again), delivered)


def collect(
    context: typer.Context,
    explain: Annotated[
        str,
        typer.Option(
            "--explain",
            metavar="URL",
            help="Only show what this page gives, and where each field comes from.",
        ),
    ] = "",
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="With --explain: the page may be in your own network.")
    ] = False,
) -> int:
    """Fetch the sources into the store; nothing is published or sent."""
    if allow_private and not explain:
        raise UsageError("--allow-private needs --explain.", "For a source, set its allow_private.")
    if explain:
        from syndication.cli.articles import explained_page
        from syndication.flows.collecting.articles import explain_page

        return run_verb(
            context, partial(explain_page, url=explain, allow_private=allow_private), explained_page
        )
    from syndication.flows.collecting.collect import run_collect

    return run_verb(context, run_collect, _collected)


def _collected(done: Collected) -> Output:
    said = f"{counted(done.total, 'article')} in the store."
    return Output.sentence({"articles": done.total, "warnings": done.warnings}, said)


def publish(
    context: typer.Context,
    full: Annotated[
        bool, typer.Option("--full", help="Write everything again from the store, not only what changed.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare every published file with the store, and repair it.")
    ] = False,
) -> int:
    """Write what changed of the feeds and pages; nothing is collected or sent."""

    async def flow(app: App) -> Output:
        from syndication.flows.publishing.publish import run_publish

        done = await run_publish(app, full=full, check=check)
        said = f"{counted(done.changed, 'file')} changed in {app.folder.root}."
        document = {"feeds": done.feeds, "changed": done.changed, "mended": done.damaged}
        document |= {"warnings": done.warnings, "said": said}
        return Output(document, [*(f"repaired: {path}" for path in done.damaged), said], done.warnings)

    return print_output(context, in_site(context, flow))


def sender(
    context: typer.Context,
    mailing: str,
    owner: str,
    lock: int,
    connections: int,
    outbox: Annotated[str, typer.Argument()] = "",
) -> int:
    """Send as one of several processes that a run has started (`delivery.processes`)."""
    chosen, lines = options(context), JsonProgress()

    async def job() -> int:
        from syndication.flows.app import Share
        from syndication.flows.sending.processes import send_share
        from syndication.wiring.app import open_app

        try:
            async with open_app(chosen.config, progress=lines, outbox=outbox) as app:
                lines.open()
                share = Share(mailing, owner, connections, lock, outbox)
                sending = await send_share(app, share, parent=sys.stdin.fileno())
        except UsageError:
            raise
        except SyndicationError as error:
            lines.tell({}, fault={"code": error.code, "message": error.message, "hint": error.hint})
            return error.exit_code
        lines.tell(sending.outcomes)
        return 0

    return run_async(job())


@overload
def week_key(text: str) -> WeekKey: ...
@overload
def week_key(text: str | None) -> WeekKey | None: ...
def week_key(text: str | None) -> WeekKey | None:
    """Parse the key of a week. Raises UsageError for a text that is not one."""
    from syndication.domain.week import WeekKey

    try:
        return None if text is None else WeekKey.parse(text)
    except ValueError as error:
        reason = str(error)
        raise UsageError(f"{reason[:1].upper()}{reason[1:]}.", "Write a key like 2026-W47.") from None
