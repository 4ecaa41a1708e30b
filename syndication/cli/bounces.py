"""The verbs that take what comes back: bounces receive, poll."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.loop import run
from syndication.cli.screen import Options, document, options
from syndication.domain.text import counted
from syndication.errors import SyndicationError, TryAgainError

if TYPE_CHECKING:
    from collections import Counter

    from syndication.flows.bounces.take import Taken

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    bounces = typer.Typer(
        help="What comes back: bounces, complaints, requests to leave.", rich_markup_mode=None
    )
    bounces.command("receive")(receive)
    bounces.command("poll")(poll)
    command.add_typer(bounces, name="bounces")


def receive(
    context: typer.Context,
    recipient: Annotated[
        str,
        typer.Option("--recipient", metavar="ADDRESS", help="Whom it came for, as the mail server knows."),
    ] = "",
) -> int:
    """Take one message from standard input, for a pipe of a mail server. It ends with 0, or with 75: try again."""
    chosen = options(context)
    try:
        taken = run(_receive(chosen, recipient))
    except SyndicationError as error:
        raise TryAgainError(error.message, error.hint) from error
    except Exception as error:  # a fault of ours must not cost the message
        raise TryAgainError(
            f"An unexpected error: {type(error).__name__}.", "The mail server tries again."
        ) from error
    if chosen.json:
        document({"result": taken.result, "event": _event(taken)})
    else:
        print(f"{taken.result}: {taken.event.why}" if taken.event else taken.result)
    return 0


async def _receive(chosen: Options, recipient: str) -> Taken:
    from syndication.bounces.message import LARGEST
    from syndication.flows.bounces.take import take

    data = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):  # the rest: whoever writes it must not meet a closed pipe
        pass
    async with chosen.app() as app:
        return await take(app, data, recipient)


def poll(context: typer.Context) -> int:
    """Take what lies in the mailboxes of [bounces], and mark or delete it there."""
    chosen = options(context)
    results = run(_poll(chosen))
    if chosen.json:
        document({"messages": results.total(), "results": dict(sorted(results.items()))})
        return 0
    counts = ", ".join(f"{number:,} {result}" for result, number in sorted(results.items()))
    print(f"{counted(results.total(), 'message')}{f': {counts}' if counts else ''}")
    return 0


async def _poll(chosen: Options) -> Counter[str]:
    from syndication.flows.bounces.take import poll as polled

    async with chosen.app() as app:
        return await polled(app)


def _event(taken: Taken) -> dict[str, Any] | None:
    if taken.event is None:
        return None
    return asdict(taken.event) | {"at": taken.event.at.isoformat(), "sent": taken.event.sent.isoformat()}
