"""`syndicate`: the verbs, the global options, and the one place where an error becomes an exit code."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from syndication import __version__
from syndication.cli import edition, readers, signing, site
from syndication.cli.screen import Options, fail
from syndication.errors import SyndicationError, UsageError

__all__ = ["command", "main"]

command = typer.Typer(
    name="syndicate",
    help="A newsroom's week as feeds, a web archive and a digest by mail.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
edition.register(command)
readers.register(command)
site.register(command)
signing.register(command)

CONFIG = "config/syndicate.toml"
INTERRUPTED = 130  # 128 + SIGINT, as shells count
_UsageFault: Any = typer.BadParameter.__mro__[1]  # Typer carries its own Click; this is its UsageError


def _version(asked: bool) -> None:
    if asked:
        print(f"syndication {__version__}")
        raise typer.Exit


@command.callback()
def _globals(
    context: typer.Context,
    config: Annotated[str, typer.Option(metavar="PATH", help="The site's configuration.")] = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more about what is done.")] = False,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    context.obj = Options(config, as_json, verbose)


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code (see `syndication.errors`)."""
    arguments = hoisted(arguments)
    as_json = "--json" in arguments
    try:
        result = command(list(arguments), standalone_mode=False)
    except SyndicationError as error:
        return fail(error, as_json=as_json)
    except _UsageFault as error:
        return fail(
            UsageError(error.format_message(), "`syndicate --help` lists the verbs."), as_json=as_json
        )
    except KeyboardInterrupt:
        print("syndicate: Stopped; the next run goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: a person gets a sentence, never a traceback
        return fail(_unexpected(error, verbose="--verbose" in arguments), as_json=as_json)
    return result if isinstance(result, int) else 0


def hoisted(arguments: Sequence[str]) -> tuple[str, ...]:
    """Global options may stand anywhere before a `--`: move them to the front, where Typer wants them."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in {"--json", "--verbose", "--version"} or word.startswith("--config="):
            front.append(word)
        elif word == "--config":
            front += [word, *(value for value in [next(words, None)] if value is not None)]
        else:
            rest.append(word)
    return (*front, *rest)


def _unexpected(error: Exception, *, verbose: bool) -> SyndicationError:
    if verbose:
        import traceback

        traceback.print_exc()
    return SyndicationError(
        f"An unexpected error: {type(error).__name__}: {error}.".replace("\n", " "),
        "Run again with --verbose and report it, please.",
    )
