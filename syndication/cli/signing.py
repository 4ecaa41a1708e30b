"""The verbs for DKIM: dkim new."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.screen import document, options
from syndication.errors import UsageError

if TYPE_CHECKING:
    from syndication.deliver.dkim import KeyType

__all__ = ["register"]

TYPES: "dict[str, KeyType]" = {"rsa": "rsa", "ed25519": "ed25519"}


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    dkim = typer.Typer(help="The keys that sign the mails.", no_args_is_help=True, rich_markup_mode=None)
    dkim.callback()(_verbs)
    dkim.command("new")(new)
    command.add_typer(dkim, name="dkim")


def _verbs() -> None:
    """The keys that sign the mails."""


def new(
    context: typer.Context,
    selector: Annotated[
        str, typer.Option(metavar="S", help="The key's name in the DNS; the type and the month if left out.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="rsa (2048 bits; every provider) or ed25519.")
    ] = "rsa",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The key's file; var/dkim/S.pem of the site if left out."),
    ] = None,
) -> int:
    """Make a DKIM key and show the DNS record and the configuration that go with it."""
    from syndication.wiring.app import new_dkim_key

    if kind not in TYPES:
        raise UsageError("There is no such type of key.", "Write --type rsa or --type ed25519.")
    key = new_dkim_key(
        options(context).config, TYPES[kind], selector=selector, out=out, moment=options(context).moment
    )
    if options(context).json:
        document(
            {
                "file": str(key.file),
                "name": key.name,
                "text": key.text,
                "record": key.record,
                "settings": key.settings,
            }
        )
        return 0
    print(
        f"{key.file} is the private key; only you can read it.\n\n"
        f"1. Publish this in the DNS (a web form takes the name {key.name} and the text without quotes, in one piece):\n\n"
        f"{key.record}\n\n"
        f"2. When the DNS shows it, write into {options(context).config}:\n\n{key.settings}\n\n"
        "3. `syndicate doctor` checks both halves' file and domain."
    )
    return 0
