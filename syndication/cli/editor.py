"""The editor's verbs: note, send, approve, hold, resume, discard."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import Week, week_key
from syndication.cli.output import Output, fields_of, in_site, print_output, run_async, run_verb
from syndication.cli.screen import Options, options
from syndication.domain.text import counted
from syndication.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syndication.domain.week import WeekKey
    from syndication.flows.app import App
    from syndication.flows.desk.editor import Discarded
    from syndication.flows.desk.trial_mail import TrialMail
    from syndication.flows.site.status import EditionStatus


Key = Annotated[str, typer.Argument(metavar="KEY")]


def note(
    context: typer.Context,
    key: Key,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Take the note from this file.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the note.")] = False,
) -> int:
    """Write the editor's note for an edition that is not made yet, or show it. Paragraphs, and links as [text](address)."""
    from syndication.flows.desk import editor

    if (text is not None) + (file is not None) + remove > 1:
        raise UsageError("Give TEXT, --file or --remove, not several of them.")
    text, week = "" if remove else _read(file) if file else text, week_key(key)

    async def flow(app: App) -> str:
        if text is not None:
            await editor.write_note(app, week, text)
        return await editor.note(app, week)

    return run_verb(
        context,
        flow,
        lambda note: Output({"edition": week, "note": note}, (note or f"{week} has no note.",)),
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror
        raise UsageError(f"The file {file} cannot be read: {reason}.", "Name a text file.") from None


def approve(
    context: typer.Context,
    key: Key,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Publish it, but leave the mail to the next run or deliver.")
    ] = False,
) -> int:
    """Publish and send an edition that waits for its editor, byte for byte as it was made."""
    from syndication.cli.closing import ran
    from syndication.flows.desk import editor

    week = week_key(key)

    async def flow(app: App) -> Output:
        return ran(app, await editor.approve(app, week, send=not no_send))

    return print_output(context, in_site(context, flow))


def hold(context: typer.Context, key: Key) -> int:
    """Stop an edition's mail, even while another process is sending it; nothing is lost."""
    from syndication.flows.desk import editor

    week = week_key(key)
    return run_verb(context, lambda app: editor.hold(app, week), _held)


def _held(found: EditionStatus) -> Output:
    key = found.edition.key
    has = f"{found.counts.sent:,} of {counted(found.counts.recipients, 'subscriber')} have it"
    return Output.sentence(_progress(found), f"{key} is held: {has}. `syndicate resume {key}` lets it go on.")


def _progress(found: EditionStatus) -> dict[str, Any]:
    document = {name: getattr(found.edition, name) for name in ("approved_at", "held_at")}
    document |= {name: getattr(found.counts, name) for name in ("recipients", "sent", "queued", "deferred")}
    return {"edition": found.edition.key, **document}


def resume(context: typer.Context, key: Key) -> int:
    """Release an edition that is held; the next `run` or `deliver` sends it."""
    from syndication.flows.desk import editor

    week = week_key(key)
    return run_verb(context, lambda app: editor.resume(app, week), _resumed)


def _resumed(resumed: tuple[EditionStatus, bool]) -> Output:
    found, was_held = resumed
    key, waiting = found.edition.key, found.counts.queued + found.counts.deferred
    if found.edition.approved_at is None:
        following = f"it waits for its editor: `syndicate approve {key}`."
    elif found.edition.published_at is None:
        following = f"`syndicate run --week {key}` publishes and sends it."
    elif waiting:
        following = f"`syndicate deliver` sends it to {counted(waiting, 'subscriber')} who wait for it."
    else:
        following = "no subscriber waits for it."
    held = "is no longer held" if was_held else "was not held"
    return Output.sentence(_progress(found), f"{key} {held}; {following}")


def discard(context: typer.Context, key: Key) -> int:
    """Take back an edition of which no mail has gone out: its articles are free again, and the next run makes a new one."""
    from syndication.flows.desk import editor

    week = week_key(key)
    return run_verb(context, lambda app: editor.discard(app, week), _discarded)


def _discarded(done: Discarded) -> Output:
    free = counted(done.articles, "article is", "articles are")
    said = f"{done.edition} is taken back: its {free} free again. `syndicate run --week {done.edition}` makes a new one."
    return Output.sentence(fields_of(done), said)


def send(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Option("--test", metavar="ADDRESS", help="Send the test mail to this address.")
    ] = None,
    week: Week = None,
    subscriber: Annotated[
        str, typer.Option("--subscriber", metavar="EMAIL", help="Make it as this subscriber would get it.")
    ] = "",
) -> int:
    """Send one test mail of an edition, as it is frozen or as a run would make it now; no subscriber gets anything."""
    if address is None:
        raise UsageError(
            "Say where the test mail goes.",
            "`syndicate send --test you@example.com`; subscribers get their mail from `run`, `approve` and `deliver`.",
        )
    return print_output(context, run_async(_send(options(context), week_key(week), address, subscriber)))


async def _send(chosen: Options, week: WeekKey | None, address: str, subscriber: str) -> Output:
    from syndication.flows.desk.trial_mail import drafted_mailing, frozen_mailing, send_test

    async with chosen.app() as app:
        key = week or app.edition.cutoff.latest(app.clock())
        mailing = await frozen_mailing(app, key)
        if mailing is not None:
            return _sent(key, await send_test(app, mailing, address, subscriber=subscriber), ())
    with TemporaryDirectory(prefix="syndicate-") as below:
        async with chosen.rehearsal(key, Path(below)) as (app, _, _):
            mailing, warnings = await drafted_mailing(app, key)
            return _sent(key, await send_test(app, mailing, address, subscriber=subscriber), warnings)


def _sent(key: WeekKey, sent: TrialMail, warnings: Sequence[str]) -> Output:
    document = {"edition": key, **fields_of(sent), "warnings": warnings}
    line = f"{key}: a test mail is on its way to {sent.to}: {sent.subject}"
    return Output(document, (line,), warnings)
