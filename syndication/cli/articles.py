"""The verbs for articles: articles list and show, collect --explain, withdraw."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndication.cli.edition import week_key
from syndication.cli.output import Output, fields_of, in_site, print_output, run_verb
from syndication.domain.text import counted, cut, plain
from syndication.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from syndication.flows.app import App
    from syndication.flows.collecting.articles import ArticleFacts, ArticleFate, ExplainedPage
    from syndication.flows.desk.withdraw import Takedown

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

    async def flow(app: App) -> Output:
        zone = app.publication.timezone
        first = day.replace(tzinfo=day.tzinfo or zone) if day else None
        fates = await list_articles(
            app, week=key, section=section, source=source, since=first, limit=limit + 1
        )
        return _listed([_row(fate, zone) for fate in fates], limit)

    return print_output(context, in_site(context, flow))


def _row(fate: ArticleFate, zone: ZoneInfo) -> dict[str, Any]:
    """Return what is listed of an article; times are in the publication's zone."""
    article, withdrawn = fate.listed.article, fate.listed.withdrawn
    return {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "slug": article.slug,
        "source": article.source,
        "section": article.section,
        "published": article.published and article.published.astimezone(zone),
        "dated": article.dated.astimezone(zone),
        "edition": fate.listed.edition,
        "coming": fate.coming,
        "backlog": fate.backlog,
        "withdrawn": withdrawn and withdrawn.astimezone(zone),
    }


def _listed(rows: list[dict[str, Any]], limit: int) -> Output:
    lines = [
        f"{row['dated']:%Y-%m-%d %H:%M}  {_fate(row):<10}  {row['title']}  {row['url'] or row['slug']}"
        for row in rows[:limit]
    ]
    if len(rows) > limit:
        lines.append(f"There are more: --limit {limit * 10} shows them.")
    return Output(
        {"articles": rows[:limit], "more": len(rows) > limit}, lines or ("There is no such article.",)
    )


def _fate(row: dict[str, Any]) -> str:
    if row["withdrawn"]:
        return "withdrawn"
    return str(row["edition"] or (f"({row['coming']})" if row["coming"] else "backlog"))


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is not a day.", "Write one like 2026-11-16.") from None


def show(context: typer.Context, article: Annotated[str, typer.Argument(metavar="ARTICLE")]) -> int:
    """Show every fact about an article, by its id, address or slug, and what became of it."""
    from syndication.flows.collecting.articles import article_facts

    async def flow(app: App) -> Output:
        return _facts(app, await article_facts(app, article))

    return print_output(context, in_site(context, flow))


def _facts(app: App, found: ArticleFacts) -> Output:
    article, zone = found.article, app.publication.timezone
    facts = _row(found.fate, zone) | {
        "sources": found.sources,
        "authors": article.authors,
        "updated": article.updated and article.updated.astimezone(zone),
        "first_seen": article.first_seen.astimezone(zone),
        "changed": article.changed.astimezone(zone),
        "language": article.language or app.publication.language,
        "tags": article.tags,
        "image": article.image.src if article.image else "",
        "credit": article.credit,
        "summary": article.summary,
        "characters": len(plain(article.content)),
        "keys": article.keys,
        "reason": found.fate.listed.reason,
    }
    lines = []
    for name, value in facts.items():
        text = ", ".join(value) if isinstance(value, tuple) else value
        text = text.isoformat() if isinstance(text, datetime) else text
        if text not in {"", None}:
            lines.append(f"{name.replace('_', ' '):<12}{text}")
    return Output({**facts, "content": article.content}, lines)


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
