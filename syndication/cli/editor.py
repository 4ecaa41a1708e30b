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
    from syndication.flows.desk.trial_mail import Sent

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    command.command("note")(note)
    command.command("send")(send)
    command.command("approve")(approve)
    command.command("hold")(hold)
    command.command("resume")(resume)
    command.command("discard")(discard)


Key = Annotated[str, typer.Argument(metavar="KEY")]


def note(
    context: typer.Context,
    key: Key,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Take the note from this file.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the note away.")] = False,
) -> int:
    """Write the editor's note of an edition that is not made yet; without a text show it. Paragraphs, and links as [text](address)."""
    if (text is not None) + (file is not None) + remove > 1:
        raise UsageError("A note is a TEXT, a --file or a --remove, not several of them.")
    return run_job(_note(options(context), key, "" if remove else _read(file) if file else text))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror
        raise UsageError(f"The file {file} cannot be read: {reason}.", "Name a text file.") from None


async def _note(chosen: Options, key: str, text: str | None) -> int:
    from syndication.flows.desk.editor import note, write_note

    week = _week(key)
    async with chosen.app() as app:
        if text is not None:
            await write_note(app, week, text)
        kept = await note(app, week)
    if chosen.json:
        document({"edition": str(week), "note": kept})
    else:
        print(kept or f"{week} has no note.")
    return 0


def approve(
    context: typer.Context,
    key: Key,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Publish it, but leave the mail to the next run or deliver.")
    ] = False,
) -> int:
    """Publish and send an edition that waits for its editor, byte for byte as it was made."""
    return run_job(_approve(options(context), key, send=not no_send))


async def _approve(chosen: Options, key: str, *, send: bool) -> int:
    from syndication.cli.closing import close
    from syndication.flows.desk.editor import approve

    async with chosen.app() as app:
        return close(app, await approve(app, _week(key), send=send), as_json=chosen.json)


def hold(context: typer.Context, key: Key) -> int:
    """Stop the mail of an edition, also while another process is sending it; nothing is lost."""
    return run_job(_word(options(context), key, "hold"))


def resume(context: typer.Context, key: Key) -> int:
    """Let an edition that is held go on; `run` or `deliver` send it then."""
    return run_job(_word(options(context), key, "resume"))


def discard(context: typer.Context, key: Key) -> int:
    """Take back an edition of which no mail has gone out: its articles are free again, and the next run makes it anew."""
    return run_job(_word(options(context), key, "discard"))


async def _word(chosen: Options, key: str, verb: str) -> int:
    from syndication.flows.desk import editor

    flow = {"hold": editor.hold, "resume": editor.resume, "discard": editor.discard}[verb]
    async with chosen.app() as app:
        found = await flow(app, _week(key))
    if chosen.json:
        document(found)
    else:
        for line in found.get("warnings", ()):
            print(f"warning: {line}", file=sys.stderr)
        print(found["said"])
    return 0


def _week(key: str) -> WeekKey:
    week = week_key(key)
    assert week is not None
    return week


def send(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Option("--test", metavar="ADDRESS", help="Where the test mail goes.")
    ] = None,
    week: Week = None,
    subscriber: Annotated[
        str, typer.Option("--subscriber", metavar="EMAIL", help="As this subscriber would get it.")
    ] = "",
) -> int:
    """Send one test mail of an edition, as it is frozen or as a run would make it now; nothing is kept, and no subscriber gets anything."""
    if address is None:
        raise UsageError(
            "Say where the test mail goes.",
            "`syndicate send --test you@example.com`; subscribers get their mail from `run`, `approve` and `deliver`.",
        )
    return run_job(_test(options(context), week_key(week), address, subscriber))


async def _test(chosen: Options, week: WeekKey | None, address: str, subscriber: str) -> int:
    from syndication.flows.desk.trial_mail import drafted_mailing, frozen_mailing, send_test

    async with chosen.app() as app:
        key = week or app.edition.cutoff.latest(app.clock())
        mailing = await frozen_mailing(app, key)
        if mailing is not None:
            return _tested(chosen, key, await send_test(app, mailing, address, subscriber=subscriber), ())
    with TemporaryDirectory(prefix="syndicate-") as below:
        async with chosen.rehearsal(key, Path(below)) as (app, _, _):
            mailing, warnings = await drafted_mailing(app, key)
            sent = await send_test(app, mailing, address, subscriber=subscriber)
            return _tested(chosen, key, sent, warnings)


def _tested(chosen: Options, key: WeekKey, sent: Sent, warnings: Sequence[str]) -> int:
    if chosen.json:
        found = {"edition": str(key), "to": sent.to, "subject": sent.subject, "reply": sent.reply}
        document(found | {"warnings": list(warnings)})
        return 0
    for line in warnings:
        print(f"warning: {line}", file=sys.stderr)
    print(f"{key}: a test mail is on its way to {sent.to}: {sent.subject}")
    return 0
