"""The verbs for keys: `secrets rotate` for those that sign the links, `dkim new` for those that sign the mails."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations as the command starts
from typing import TYPE_CHECKING, Annotated

import typer

from syndication.cli.output import Output, fields_of, print_output
from syndication.cli.screen import options
from syndication.errors import UsageError

if TYPE_CHECKING:
    from syndication.deliver.dkim import KeyType

TYPES: dict[str, KeyType] = {"rsa": "rsa", "ed25519": "ed25519"}


def _group() -> None:
    """Do nothing. Typer drops the name of a group's only verb unless the group has a callback."""


def rotate(context: typer.Context) -> int:
    """Add a new key, which signs from now on. The old ones stay: links already mailed keep working."""
    from syndication.wiring.app import rotate_secrets

    file, key = rotate_secrets(options(context).config)
    line = f"{key} signs from now on. Back up {file} again: every key in it is still needed."
    return print_output(context, Output({"file": file, "key": key}, (line,)))


def new(
    context: typer.Context,
    selector: Annotated[
        str, typer.Option(metavar="S", help="Name the key in the DNS; its type and the month if left out.")
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help="Make rsa (2048 bits; every provider verifies it) or ed25519."
        ),
    ] = "rsa",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the key here; var/dkim/S.pem of the site if left out."),
    ] = None,
) -> int:
    """Make a DKIM key and show the DNS record and the configuration that go with it."""
    from syndication.wiring.app import new_dkim_key

    if kind not in TYPES:
        raise UsageError("There is no such type of key.", "Write --type rsa or --type ed25519.")
    chosen = options(context)
    key = new_dkim_key(chosen.config, TYPES[kind], selector=selector, out=out, moment=chosen.moment)
    text = (
        f"{key.file} is the private key; only you can read it.\n\n"
        f"1. Publish this in the DNS (a web form takes the name {key.name} and the text without quotes, in one piece):\n\n"
        f"{key.record}\n\n"
        f"2. When the DNS shows it, write into {chosen.config}:\n\n{key.settings}\n\n"
        "3. `syndicate doctor` checks the file and the domain of both halves."
    )
    return print_output(context, Output(fields_of(key), (text,)))
