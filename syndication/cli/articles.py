"""The verbs for articles: articles list and show, collect --explain, withdraw."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import week_key
from syndication.cli.output import Output, fields_of, run_verb
from syndication.domain.text import counted, cut, plain
from syndication.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syndication.flows.app import App
    from syndication.flows.collecting.articles import ArticleFacts, ArticleFate
    from syndication.flows.collecting.explain import ExplainedPage
    from syndication.flows.desk.withdraw import Takedown

__all__ = ["explained_page", "list_", "show", "withdraw"]

_SHOWN = 200  # characters of a value on the screen


def list_(
    context: typer.Context,
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="KEY", help="List those of one week, in its edition or in none."),
    ] = None,
    section: Annotated[str, typer.Option("--section", help="List one section, by its name or slug.")] = "",
    source: Annotated[str, typer.Option("--source", help="List one source, by its name.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="List from this day on.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="List at most this many.")] = 50,
) -> int:
    """List articles, the newest first, with the edition that each is in or is for, or why it is in none."""
    from syndication.flows.collecting.articles import list_articles

    key, day = week_key(week), _day(since)

    async def flow(app: App) -> list[ArticleFate]:
        zone = app.publication.timezone
        first = day.replace(tzinfo=day.tzinfo or zone) if day else None
        return await list_articles(
            app, week=key, section=section, source=source, since=first, limit=limit + 1
        )

    return run_verb(context, flow, lambda rows: _listed(rows, limit))


def _listed(rows: Sequence[ArticleFate], limit: int) -> Output:
    lines = [
        f"{row.dated:%Y-%m-%d %H:%M}  {_fate(row):<10}  {row.title}  {row.url or row.slug}"
        for row in rows[:limit]
    ]
    if len(rows) > limit:
        lines.append(f"There are more: --limit {limit * 10} shows them.")
    document = {"articles": rows[:limit], "more": len(rows) > limit}
    return Output(document, lines or ("There is no such article.",))


def _fate(row: ArticleFate) -> str:
    if row.withdrawn:
        return "withdrawn"
    return str(row.edition or (f"({row.coming})" if row.coming else "backlog"))


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is not a day.", "Write one like 2026-11-16.") from None


def show(context: typer.Context, article: Annotated[str, typer.Argument(metavar="ARTICLE")]) -> int:
    """Show every fact about an article, by its id, address or slug, and what became of it."""
    from syndication.flows.collecting.articles import article_facts

    return run_verb(context, lambda app: article_facts(app, article), _facts)


def _facts(found: ArticleFacts) -> Output:
    lines = []
    for name, value in fields_of(found, "content").items():
        said = ", ".join(value) if isinstance(value, tuple) else value
        said = said.isoformat() if isinstance(said, datetime) else said
        if said not in {"", None}:
            lines.append(f"{name.replace('_', ' '):<12}{said}")
    return Output(found, lines)


def explained_page(found: ExplainedPage) -> Output:
    """Show what a page gives, one field a line."""
    lines = [
        f"{name:<10} {each.origin:<12} {_short(name, each.value)}" for name, each in found.fields.items()
    ]
    if not found.article:
        lines.append(f"No article: the page {found.why}.")
    elif found.why:
        lines.append(f"A sitemap would leave it out: the page {found.why}.")
    return Output(found, lines)


def _short(name: str, value: Any) -> str:
    if name == "content":
        text = plain(value)
        return f"{counted(len(text), 'character')}: {cut(text, _SHOWN)}"
    if isinstance(value, dict):
        return ", ".join(str(each) for each in value.values())
    return cut(", ".join(value) if isinstance(value, tuple) else str(value), _SHOWN)


def withdraw(
    context: typer.Context,
    article: Annotated[str, typer.Argument(metavar="ARTICLE")],
    reason: Annotated[
        str, typer.Option("--reason", help="Record why; kept in the store, never published.")
    ] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Publish it again.")] = False,
) -> int:
    """Withdraw an article, by its id, address or slug, from every published file and from future editions."""
    from syndication.flows.desk import withdraw as desk

    if not undo and not reason.strip():
        raise UsageError(
            "Say why the article is withdrawn.", 'Add --reason "…"; it is kept, and never published.'
        )
    if undo:
        return run_verb(
            context, lambda app: desk.restore(app, article), lambda done: _took(done, "published again")
        )
    return run_verb(
        context,
        lambda app: desk.withdraw(app, article, reason.strip()),
        lambda done: _took(done, "withdrawn again" if done.again else "withdrawn"),
    )


def _took(done: Takedown, what: str) -> Output:
    said = f"“{done.title}” is {what}: {counted(done.changed, 'file')} changed in {done.folder}."
    return Output.sentence(fields_of(done, "folder", "again"), said)
