"""The verb for the keys that sign the links."""

import typer

from syndication.cli.screen import document, options

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verb to `command`."""
    secrets = typer.Typer(help="The keys that sign the links of the mails.", rich_markup_mode=None)
    secrets.callback()(_group)
    secrets.command("rotate")(rotate)
    command.add_typer(secrets, name="secrets")


def _group() -> None:
    """With a callback, a single verb keeps its name."""


def rotate(context: typer.Context) -> int:
    """Add a new key, which signs from now on. The old ones stay: links already mailed keep working."""
    from syndication.wiring.app import rotate_secrets

    file, key = rotate_secrets(options(context).config)
    if options(context).json:
        document({"file": str(file), "key": key})
    else:
        print(f"{key} signs from now on. Back {file} up again: every key in it is still needed.")
    return 0
