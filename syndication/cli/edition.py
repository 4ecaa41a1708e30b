"""The verbs of the weekly job: run, deliver, collect, publish, status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.loop import run as run_job
from syndication.cli.screen import JsonProgress, Options, document, options
from syndication.domain.text import counted
from syndication.errors import SyndicationError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syndication.domain.week import WeekKey

__all__ = ["Week", "register", "week_key"]

Week = Annotated[
    str | None, typer.Option("--week", metavar="KEY", help="This edition (2026-W47) instead of the latest.")
]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    command.command("run")(run)
    command.command("deliver")(deliver)
    command.command("collect")(collect)
    command.command("publish")(publish)
    command.command("status")(status)
    command.command("sender", hidden=True)(sender)


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
        raise UsageError("--all goes with --dry-run.")
    chosen = options(context)
    job = _dry_run(chosen, week, every=every) if dry_run else _run(chosen, week, send=not no_send)
    return run_job(job)


async def _run(chosen: Options, week: str | None, *, send: bool) -> int:
    from syndication.cli.closing import close
    from syndication.flows.weekly import run_weekly

    async with chosen.app() as app:
        return close(app, await run_weekly(app, week_key(week), send=send), as_json=chosen.json)


async def _dry_run(chosen: Options, week: str | None, *, every: bool) -> int:
    from syndication.cli.closing import close
    from syndication.flows.desk.dry_run import dry_run

    async with chosen.rehearsal(week_key(week)) as (app, key, folder):
        report = await dry_run(app, key, folder, every=every)
        return close(app, report, as_json=chosen.json, folder=folder)


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
    chosen = options(context)

    async def job() -> int:
        from syndication.cli.closing import close_deliver
        from syndication.domain.delivery import State
        from syndication.flows.sending.due import deliver_due

        async with chosen.app() as app:
            wanted = {State.FAILED: retry_failed, State.UNKNOWN: resend_unknown}
            again = [state for state, is_wanted in wanted.items() if is_wanted]
            return close_deliver(await deliver_due(app, week_key(key), again), as_json=chosen.json)

    return run_job(job())


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
        raise UsageError("--allow-private goes with --explain.", "A source has a setting allow_private.")
    chosen = options(context)
    if explain:
        return run_job(_explain(chosen, explain, allow_private=allow_private))

    async def job() -> int:
        from syndication.flows.collecting.collect import run_collect

        async with chosen.app() as app:
            done = await run_collect(app)
            said = f"{counted(done.total, 'article')} in the store."
            return _close(chosen, {"articles": done.total}, done.warnings, said)

    return run_job(job())


async def _explain(chosen: Options, url: str, *, allow_private: bool) -> int:
    from syndication.flows.collecting.explain import explain, lines

    async with chosen.app() as app:
        found = await explain(app, url, allow_private=allow_private)
    if chosen.json:
        document(found)
    else:
        print("\n".join(lines(found)))
    return 0


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
    chosen = options(context)

    async def job() -> int:
        from syndication.flows.publishing.publish import run_publish

        async with chosen.app() as app:
            done = await run_publish(app, full=full, check=check)
            facts = {"feeds": done.feeds, "changed": done.changed, "mended": done.damaged}
            said = f"{counted(done.changed, 'file')} changed in {app.folder.root}."
            return _close(chosen, facts, done.warnings, said)

    return run_job(job())


def _close(chosen: Options, facts: dict[str, Any], warnings: Sequence[str], said: str) -> int:
    if chosen.json:
        document({**facts, "warnings": warnings, "said": said})
    else:
        for line in warnings:
            print(f"warning: {line}", file=sys.stderr)
        for path in facts.get("mended", ()):
            print(f"repaired: {path}")
        print(said)
    return 0


def status(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
    sources: Annotated[
        bool, typer.Option("--sources", help="Show the state of the sources instead of the editions.")
    ] = False,
) -> int:
    """Show the state of the editions; with KEY every subscriber whose mail failed, waits or is in doubt, with the server's reply."""
    if sources and key:
        raise UsageError("--sources and KEY exclude each other.", "The sources are those of all editions.")
    chosen = options(context)

    async def job() -> int:
        from syndication.cli.closing import show_sources, show_status
        from syndication.flows.collecting.health import sources_standing
        from syndication.flows.site.status import standing

        async with chosen.app() as app:
            if sources:
                return show_sources(await sources_standing(app), as_json=chosen.json)
            return show_status(await standing(app, week_key(key)), as_json=chosen.json)

    return run_job(job())


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

    return run_job(job())


def week_key(text: str | None) -> WeekKey | None:
    """Parse the key of a week. Raises UsageError for a text that is not one."""
    from syndication.domain.week import WeekKey

    try:
        return None if text is None else WeekKey.parse(text)
    except ValueError as error:
        reason = str(error)
        raise UsageError(f"{reason[:1].upper()}{reason[1:]}.", "Write a key like 2026-W47.") from None
