"""The verbs for returned mail: bounces receive, poll."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.output import Output, in_site, print_output, run_verb
from syndication.domain.text import counted
from syndication.errors import SyndicationError, TryAgainError

if TYPE_CHECKING:
    from collections import Counter

    from syndication.flows.app import App
    from syndication.flows.bounces.take import Taken


def receive(
    context: typer.Context,
    recipient: Annotated[
        str,
        typer.Option("--recipient", metavar="ADDRESS", help="Name the recipient that the mail server knows."),
    ] = "",
) -> int:
    """Take one message from standard input, for a pipe of a mail server. Exits with 0, or with 75: try again."""

    async def flow(app: App) -> Taken:
        from syndication.flows.bounces.take import take

        return await take(app, data, recipient)

    try:
        data = _read_all()
        taken = in_site(context, flow)
    except SyndicationError as error:
        raise TryAgainError(error.message, error.hint) from error
    except Exception as error:  # a fault of ours must not cost the message
        raise TryAgainError(
            f"An unexpected error: {type(error).__name__}.", "The mail server tries again."
        ) from error
    line = f"{taken.result}: {taken.event.why}" if taken.event else taken.result
    return print_output(context, Output(taken, (line,)))


def _read_all() -> bytes:
    """Return the message, cut at the largest size that is parsed. The rest is read too, so that its writer does not meet a closed pipe."""
    from syndication.bounces.message import LARGEST

    data = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):
        pass
    return data


def poll(context: typer.Context) -> int:
    """Take the messages in the mailboxes of [bounces], and mark or delete them there."""
    from syndication.flows.bounces.take import poll_mailboxes

    return run_verb(context, poll_mailboxes, _polled)


def _polled(results: Counter[str]) -> Output:
    counts = ", ".join(f"{number:,} {result}" for result, number in sorted(results.items()))
    line = f"{counted(results.total(), 'message')}{f': {counts}' if counts else ''}"
    return Output({"messages": results.total(), "results": dict(sorted(results.items()))}, (line,))
