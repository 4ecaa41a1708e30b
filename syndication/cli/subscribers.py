"""The verbs of the list: subscribers import, export, add, remove, list, show, erase."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from syndication.cli.loop import run
from syndication.cli.screen import Options, document, options

__all__ = ["register"]

Email = Annotated[str, typer.Argument(metavar="ADDRESS")]
SHOWN = 20  # refused lines on a terminal; --json has the first thousand, the report file all


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    subscribers = typer.Typer(help="The list of subscribers.", rich_markup_mode=None)
    subscribers.command("import")(import_)
    subscribers.command("export")(export)
    subscribers.command("add")(add)
    subscribers.command("remove")(remove)
    subscribers.command("list")(list_)
    subscribers.command("show")(show)
    subscribers.command("erase")(erase)
    command.add_typer(subscribers, name="subscribers")


def import_(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV with a header: email, optional name, language, topics, confirmed_at."
        ),
    ],
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Write every refused line with its number and reason here (CSV)."),
    ] = None,
) -> int:
    """Add confirmed subscribers from a CSV file. The same file again changes nothing; nobody who left is revived."""
    from syndication.flows.subscribers.importing import import_file

    chosen = options(context)
    done = _with_app(chosen, lambda app: import_file(app, file, report))
    if chosen.json:
        document(done.document())
        return 0
    for refused in done.refused[:SHOWN]:
        print(f"  line {refused.line}: {refused.reason}", file=sys.stderr)
    if done.refusals > SHOWN:
        print(f"  … and {done.refusals - SHOWN:,} more; --report FILE lists them all", file=sys.stderr)
    print(f"{done.added:,} added, {done.present:,} already there, {done.refusals:,} refused")
    return 0


def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to; standard output if left out.")
    ] = None,
) -> int:
    """Write the whole list as CSV, with each subscriber's consent and its proof."""
    from syndication.flows.subscribers.operator import export_file

    chosen = options(context)
    if chosen.json and file is None:
        return list_(context)
    number = _with_app(chosen, lambda app: export_file(app, file))
    if chosen.json:
        document({"exported": number})
    elif file:
        print(f"{number:,} subscribers written to {file}")
    return 0


def add(
    context: typer.Context,
    email: Email,
    name: Annotated[str, typer.Option(help="Shown in the greeting.")] = "",
    language: Annotated[str, typer.Option(help='Like "en" or "ko".')] = "",
    topics: Annotated[str, typer.Option(help="Section slugs, separated by commas; none means all.")] = "",
) -> int:
    """Add one confirmed subscriber, whose consent you hold."""
    from syndication.flows.subscribers.operator import add_one

    result = _with_app(
        options(context), lambda app: add_one(app, email, name=name, language=language, topics=topics)
    )
    return _told(
        context, {"email": result.email, "result": result.result}, f"{result.email}: {result.result}"
    )


def remove(context: typer.Context, email: Email) -> int:
    """Unsubscribe ADDRESS; it gets no mail any more, queued ones included."""
    from syndication.flows.subscribers.operator import remove_one

    removed = _with_app(options(context), lambda app: remove_one(app, email))
    return _told(
        context,
        {"email": email, "removed": removed},
        f"{email}: {'unsubscribed' if removed else 'was not subscribed'}",
    )


def list_(
    context: typer.Context,
    consent: Annotated[str, typer.Option(help="Only those in this state, like confirmed.")] = "",
) -> int:
    """List the subscribers, one a line."""
    from syndication.flows.subscribers.operator import each

    chosen = options(context)
    rows = _with_app(chosen, lambda app: each(app, consent, print_row=None if chosen.json else _row))
    if chosen.json:
        document({"subscribers": rows})
    return 0


def show(context: typer.Context, email: Email) -> int:
    """Show one subscriber with consent, proof, and what was decided about every bounce; or what keeps ADDRESS away."""
    from syndication.flows.subscribers.operator import one

    found = _with_app(options(context), lambda app: one(app, email))
    lines = [
        f"{key:>12}  {value}"
        for key, value in found.items()
        if key != "bounces" and value not in ("", [], None)
    ]
    return _told(context, found, "\n".join([*lines, *map(_bounce, found.get("bounces", ()))]))


def _bounce(event: dict[str, Any]) -> str:
    known = f"{event['kind']} {event['status']}".rstrip()
    words = f"\n{'':>12}  {event['words']}" if event["words"] else ""
    return f"{'bounce':>12}  {event['at']}  {known} (by {event['source']}, mail of {event['mail_of']}): {event['decision']}{words}"


def erase(context: typer.Context, email: Email) -> int:
    """Delete ADDRESS and what deliveries know of it, for good; no import brings it back."""
    from syndication.flows.subscribers.operator import erase_one

    _with_app(options(context), lambda app: erase_one(app, email))
    return _told(context, {"email": email, "erased": True}, f"{email}: erased")


def _row(row: dict[str, Any]) -> None:
    print(f"{row['email']:<40} {row['consent']:<13} {row['name']}")


def _told(context: typer.Context, value: dict[str, Any], line: str) -> int:
    if options(context).json:
        document(value)
    else:
        print(line)
    return 0


def _with_app(chosen: Options, job: Any) -> Any:

    async def inside() -> Any:
        async with chosen.app() as app:
            return await job(app)

    return run(inside())
