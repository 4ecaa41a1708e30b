"""The verbs for single articles: withdraw."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from syndication.cli.loop import run
from syndication.cli.screen import document, options
from syndication.errors import UsageError

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    command.command("withdraw")(withdraw)


def withdraw(
    context: typer.Context,
    article: Annotated[str, typer.Argument(metavar="ARTICLE")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the store, never published.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Publish it again.")] = False,
) -> int:
    """Take an article back, by its id, address or slug: out of every published file and of editions to come."""
    if not undo and not reason.strip():
        raise UsageError(
            "Say why the article is taken back.", 'Add --reason "…"; it is kept, and never published.'
        )
    chosen = options(context)

    async def job() -> int:
        from syndication.flows.withdraw import restore, withdraw
        from syndication.wiring import open_app

        async with open_app(chosen.config, progress=chosen.progress()) as app:
            done = await (restore(app, article) if undo else withdraw(app, article, reason.strip()))
        if chosen.json:
            document(done)
        else:
            for line in done["warnings"]:
                print(f"warning: {line}", file=sys.stderr)
            print(done["said"])
        return 0

    return run(job())
