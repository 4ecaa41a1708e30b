"""The verbs of the list: subscribers import, export, add, remove, list, show, erase."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations as the command starts
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.output import Output, in_site, print_json, run_verb
from syndication.cli.screen import options
from syndication.cli.streams import print_utf8

if TYPE_CHECKING:
    from syndication.flows.app import App
    from syndication.flows.subscribers.importing import Imported
    from syndication.flows.subscribers.operator import KeptAwayRecord, SubscriberHistory

Email = Annotated[str, typer.Argument(metavar="ADDRESS")]
SHOWN = 20  # refused lines on a terminal; --json has the first thousand, the report file all


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
    """Add confirmed subscribers from a CSV file. Importing it again changes nothing, and revives no subscriber who left."""
    from syndication.flows.subscribers.importing import import_file

    return run_verb(context, lambda app: import_file(app, file, report), _imported)


def _imported(done: Imported) -> Output:
    lines = [f"  line {refused.line}: {refused.reason}" for refused in done.refused[:SHOWN]]
    if done.refusals > SHOWN:
        lines.append(f"  … and {done.refusals - SHOWN:,} more; --report FILE lists them all")
    counts = f"{done.added:,} added, {done.present:,} already there, {done.refusals:,} refused"
    return Output(done, (counts,), notes=lines)


def export(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The file to write; standard output if left out."),
    ] = None,
) -> int:
    """Write the whole list as CSV, with each subscriber's consent and its proof."""
    from syndication.flows.subscribers.operator import export_list

    if file is None and options(context).json:
        return list_(context)
    print_utf8()
    return run_verb(
        context,
        lambda app: export_list(app, file),
        lambda number: Output(
            {"exported": number}, (f"{number:,} subscribers written to {file}",) if file else ()
        ),
    )


def add(
    context: typer.Context,
    email: Email,
    name: Annotated[str, typer.Option(help="Show this name in the greeting.")] = "",
    language: Annotated[str, typer.Option(help='Mail in this language, like "en" or "ko".')] = "",
    topics: Annotated[str, typer.Option(help="Mail these sections: slugs with commas; none means all.")] = "",
) -> int:
    """Add one confirmed subscriber, whose consent you hold."""
    from syndication.flows.subscribers.operator import add_subscriber

    return run_verb(
        context,
        lambda app: add_subscriber(app, email, name=name, language=language, topics=topics),
        lambda added: Output(added, (f"{added.email}: {added.result}",)),
    )


def remove(context: typer.Context, email: Email) -> int:
    """Unsubscribe ADDRESS; it gets no more mail, not even what is queued."""
    from syndication.flows.subscribers.operator import remove_subscriber

    return run_verb(
        context,
        lambda app: remove_subscriber(app, email),
        lambda removed: Output(
            {"email": email, "removed": removed},
            (f"{email}: {'unsubscribed' if removed else 'was not subscribed'}",),
        ),
    )


def list_(
    context: typer.Context,
    consent: Annotated[str, typer.Option(help="List only those in this state, like confirmed.")] = "",
) -> int:
    """List the subscribers, one a line."""
    from syndication.flows.subscribers.operator import list_subscribers, subscriber_document

    async def flow(app: App) -> None:
        rows = list_subscribers(app, consent)
        if options(context).json:
            print_json({"subscribers": [subscriber_document(row) async for row in rows]})
            return
        async for row in rows:
            print(f"{row.email:<40} {row.consent:<13} {row.name}")

    in_site(context, flow)
    return 0


def show(context: typer.Context, email: Email) -> int:
    """Show one subscriber with consent, proof and what was decided about every bounce; or what keeps ADDRESS away."""
    from syndication.flows.subscribers.operator import subscriber_history

    return run_verb(context, lambda app: subscriber_history(app, email), _history)


def _history(found: SubscriberHistory | KeptAwayRecord) -> Output:
    document = found.document()
    lines = []
    for name, value in document.items():
        if value and name != "bounces":
            lines.append(f"{name:>12}  {', '.join(value) if isinstance(value, tuple) else value}")
    return Output(document, [*lines, *map(_bounce, document.get("bounces", ()))])


def _bounce(event: dict[str, Any]) -> str:
    known = f"{event['kind']} {event['status']}".rstrip()
    words = f"\n{'':>12}  {event['words']}" if event["words"] else ""
    return f"{'bounce':>12}  {event['at']}  {known} (by {event['source']}, mail of {event['mail_of']}): {event['decision']}{words}"


def erase(context: typer.Context, email: Email) -> int:
    """Delete ADDRESS and what deliveries know of it, permanently; no import brings it back."""
    from syndication.flows.subscribers.operator import erase_subscriber

    return run_verb(
        context,
        lambda app: erase_subscriber(app, email),
        lambda _: Output({"email": email, "erased": True}, (f"{email}: erased",)),
    )
