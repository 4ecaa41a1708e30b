"""`syndicate`: the verbs, the global options, and the one place where an error becomes an exit code."""

import gc
import signal
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication import __version__, logs
from syndication.cli import (
    articles,
    bounces,
    deliveries,
    edition,
    editor,
    hot,
    keys,
    preview,
    serve,
    site,
    status,
    subscribers,
)
from syndication.cli.output import fail, print_json
from syndication.cli.screen import Options, forgiving
from syndication.cli.streams import let_go, use_utf8
from syndication.errors import SyndicationError, TryAgainError, UsageError

if TYPE_CHECKING:
    from syndication.wiring.app import Moment

GROUPS = {
    "articles": "The collected articles.",
    "subscribers": "The list of subscribers.",
    "bounces": "Returned mail: bounces, complaints, requests to leave.",
    "templates": "The theme's files.",
    "dkim": "The keys that sign the mails.",
    "secrets": "The keys that sign the links of the mails.",
}
VERBS: dict[str, Callable[..., int]] = {
    "run": edition.run,
    "deliver": edition.deliver,
    "collect": edition.collect,
    "publish": edition.publish,
    "status": status.status,
    "note": editor.note,
    "send": editor.send,
    "approve": editor.approve,
    "hold": editor.hold,
    "resume": editor.resume,
    "discard": editor.discard,
    "preview": preview.preview,
    "articles list": articles.list_,
    "articles show": articles.show,
    "withdraw": articles.withdraw,
    "hot": hot.hot,
    "deliveries": deliveries.deliveries,
    "subscribers import": subscribers.import_,
    "subscribers export": subscribers.export,
    "subscribers add": subscribers.add,
    "subscribers remove": subscribers.remove,
    "subscribers list": subscribers.list_,
    "subscribers show": subscribers.show,
    "subscribers erase": subscribers.erase,
    "bounces receive": bounces.receive,
    "bounces poll": bounces.poll,
    "init": site.init,
    "doctor": site.doctor,
    "templates list": site.list_,
    "templates copy": site.copy,
    "dkim new": keys.new,
    "serve": serve.serve,
    "secrets rotate": keys.rotate,
    "sender": edition.sender,
}

log = logs.logger(__name__)

CONFIG = "config/syndicate.toml"
INTERRUPTED = 130  # 128 + SIGINT, as shells count; what Typer makes of a KeyboardInterrupt
_UsageFault: Any = typer.BadParameter.__mro__[1]  # Typer carries its own Click; this is its UsageError


def _version(context: typer.Context, asked: bool) -> None:
    if asked:
        if context.params.get("as_json"):
            print_json({"version": __version__})
        else:
            print(f"syndication {__version__}")
        raise typer.Exit


def _globals(
    context: typer.Context,
    config: Annotated[str, typer.Option(metavar="PATH", help="The site's configuration.")] = CONFIG,
    as_json: Annotated[
        bool, typer.Option("--json", is_eager=True, help="One JSON document on standard output.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log every step, with its duration.")] = False,
    _log: Annotated[
        logs.LogForm, typer.Option("--log", help="Standard error for people, or as JSON lines.")
    ] = "human",
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    log.info("command", verb=context.invoked_subcommand, version=__version__, config=config)
    context.obj = Options(config, as_json, verbose, context.obj)


def command_of(verb: str) -> typer.Typer:
    """Return the command with only this verb or group, or with all of them if there is no such verb.

    Typer inspects the function of every verb, which for all of them takes a tenth of a short verb's CPU.
    """
    names = [name for name in VERBS if name.partition(" ")[0] == verb] or list(VERBS)
    whole = typer.Typer(
        name="syndicate",
        help="A newsroom's week as feeds, a web archive and a digest by mail.",
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,
    )
    whole.callback()(_globals)
    groups = {"": whole}
    for name in names:
        group, _, word = name.rpartition(" ")
        if group not in groups:
            groups[group] = typer.Typer(
                help=GROUPS[group], no_args_is_help=group == "dkim", rich_markup_mode=None
            )
            groups[group].callback()(_keep_name)
            whole.add_typer(groups[group], name=group)
        groups[group].command(word, hidden=word == "sender")(VERBS[name])
    return whole


def _keep_name() -> None:
    """Do nothing. Typer drops the name of a group's only verb unless the group has a callback."""


command = command_of("")


def main() -> None:
    """Run the console script."""
    use_utf8()
    forgiving(sys.stdout, sys.stderr)
    arguments = sys.argv[1:]
    try:
        code = run(arguments)
    except KeyboardInterrupt:  # before or after the verb
        code = fail(
            _InterruptedError("Stopped.", "The next run continues from here."), as_json="--json" in arguments
        )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: a Ctrl-C now would only print a traceback
    if _receives(arguments) and code != 0:
        code = TryAgainError.exit_code  # with any other the mail server would bounce the bounce
    let_go(sys.stdout, sys.stderr)
    gc.freeze()  # otherwise the exit walks through every module's objects several times: a quarter of a short verb's CPU
    sys.exit(code)


def run(arguments: Sequence[str], moment: "Moment | None" = None) -> int:
    """Carry out one command line and return its exit code (see `syndication.errors`). A test passes its own `moment`."""
    as_json, verbose = "--json" in arguments, "--verbose" in arguments
    arguments = hoisted(arguments) or ("--help",)
    logs.configure(_log_form(arguments), verbose=verbose)
    began = time.monotonic()
    code = _carried_out(arguments, moment, as_json=as_json, verbose=verbose)
    log.info("command ended", exit_code=code, seconds=round(time.monotonic() - began, 3))
    return code


def _carried_out(arguments: Sequence[str], moment: "Moment | None", *, as_json: bool, verbose: bool) -> int:
    try:
        whole = command_of(_verb(arguments))
        result = whole(list(arguments), prog_name="syndicate", standalone_mode=False, obj=moment)
    except SyndicationError as error:
        log.debug("error", fault=error)
        return fail(error, as_json=as_json)
    except _UsageFault as error:
        return fail(_usage(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, and the traceback only when asked for
        if verbose or logs.for_machines():
            log.fault("unexpected error", error)
        return fail(_unexpected(error), as_json=as_json)
    if result == INTERRUPTED:
        return fail(_InterruptedError("Stopped.", "The next run continues from here."), as_json=as_json)
    return result if isinstance(result, int) else 0


def _receives(arguments: Sequence[str]) -> bool:
    """Whether a mail server calls, also with options that are wrong."""
    return ("bounces", "receive") in pairwise(word for word in arguments if not word.startswith("-"))


def _verb(arguments: Sequence[str]) -> str:
    words = iter(arguments)
    for word in words:
        if word in {"--config", "--log"}:
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""


class _InterruptedError(SyndicationError):
    """The command was stopped with Ctrl-C."""

    exit_code = INTERRUPTED
    code = "interrupted"


def _usage(error: Any) -> SyndicationError:
    path = error.ctx.command_path if error.ctx else "syndicate"
    kind = TryAgainError if path == "syndicate bounces receive" else UsageError
    return kind(f"{error.format_message().rstrip('.')}.", f"`{path} --help` says what there is.")


def hoisted(arguments: Sequence[str]) -> tuple[str, ...]:
    """Move global options, which may be anywhere before a `--`, to the front, where Typer expects them."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--json":
            front.insert(0, word)
        elif word in {"--verbose", "--version"} or word.startswith(("--config=", "--log=")):
            front.append(word)
        elif word in {"--config", "--log"}:
            value = next(words, None)
            if value is None:
                return (word,)  # Typer reports what is missing
            front += (word, value)
        else:
            rest.append(word)
    return (*front, *rest)


def _log_form(arguments: Sequence[str]) -> logs.LogForm:
    """Return the form of the log, before Typer has read the options: an error in them is logged too."""
    return "json" if "--log=json" in arguments or ("--log", "json") in pairwise(arguments) else "human"


def _unexpected(error: Exception) -> SyndicationError:
    return SyndicationError(
        f"An unexpected error: {type(error).__name__}: {error}.".replace("\n", " "),
        "Run again with --verbose and report it, please.",
    )
