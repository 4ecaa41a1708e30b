"""The verbs for articles: articles list and show, withdraw."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import week_key
from syndication.cli.loop import run
from syndication.cli.screen import document, options
from syndication.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["register"]


def register(command: typer.Typer) -> None:
    """Add the verbs to `command`."""
    articles = typer.Typer(help="What was collected.", rich_markup_mode=None)
    articles.command("list")(list_)
    articles.command("show")(show)
    command.add_typer(articles, name="articles")
    command.command("withdraw")(withdraw)


def list_(
    context: typer.Context,
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="KEY", help="Those of one week, in its edition or in none."),
    ] = None,
    section: Annotated[str, typer.Option("--section", help="A section, by its name or slug.")] = "",
    source: Annotated[str, typer.Option("--source", help="A source, by its name.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="From this day on.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="So many at most.")] = 50,
) -> int:
    """List articles, the newest first, with the edition that each is in, is for, or why it is in none."""
    chosen, key = options(context), week_key(week)

    async def job() -> int:
        from syndication.flows.collecting.articles import article_list

        async with chosen.app() as app:
            zone = app.publication.timezone
            day = _day(since, zone) if since else None
            rows = await article_list(
                app, week=key, section=section, source=source, since=day, limit=limit + 1
            )
        if chosen.json:
            document({"articles": [_plain(row, zone) for row in rows[:limit]], "more": len(rows) > limit})
            return 0
        for row in rows[:limit]:
            where = row["url"] or row["slug"]
            print(
                f"{row['dated'].astimezone(zone):%Y-%m-%d %H:%M}  {_fate(row):<10}  {row['title']}  {where}"
            )
        if len(rows) > limit:
            print(f"There are more: --limit {limit * 10} shows them.")
        if not rows:
            print("There is no such article.")
        return 0

    return run(job())


def show(context: typer.Context, article: Annotated[str, typer.Argument(metavar="ARTICLE")]) -> int:
    """Show every fact about an article, by its id, address or slug, and what became of it."""
    chosen = options(context)

    async def job() -> int:
        from syndication.flows.collecting.articles import article_facts

        async with chosen.app() as app:
            zone = app.publication.timezone
            facts = _plain(await article_facts(app, article), zone)
        if chosen.json:
            document(facts)
            return 0
        for name, value in facts.items():
            said = ", ".join(value) if isinstance(value, list) else value
            if name != "content" and said not in {"", None}:
                print(f"{name.replace('_', ' '):<12}{said}")
        return 0

    return run(job())


def _fate(row: dict[str, Any]) -> str:
    if row["withdrawn"]:
        return "withdrawn"
    return row["edition"] or (f"({row['coming']})" if row["coming"] else "backlog")


def _plain(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Times as texts, in the publication's zone."""
    return {
        name: value.astimezone(zone).isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _day(text: str, zone: ZoneInfo) -> datetime:
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day.", "Write one like 2026-11-16.") from None
    return day if day.tzinfo else day.replace(tzinfo=zone)


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
        from syndication.flows.desk.withdraw import restore, withdraw

        async with chosen.app() as app:
            done = await (restore(app, article) if undo else withdraw(app, article, reason.strip()))
        if chosen.json:
            document(done)
        else:
            for line in done["warnings"]:
                print(f"warning: {line}", file=sys.stderr)
            print(done["said"])
        return 0

    return run(job())
