"""Collect: every source at once; one that fails is a warning, all that fail an error."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from syndication.collect.source_result import SourceResult
from syndication.compose.membership import old_entry
from syndication.domain.article import ParsedArticle, Source, Validators
from syndication.domain.text import counted
from syndication.domain.week import WeekKey
from syndication.errors import CollectError
from syndication.flows.app import App
from syndication.flows.collecting.health import failed, lasted, succeeded
from syndication.flows.collecting.hot import collect_hot
from syndication.flows.report import Report

__all__ = ["collect", "run_collect"]


OLD_ENTRY = "it was already old when its source was first collected"


async def collect(app: App, report: Report) -> None:
    """Fetch and store what the sources have, and the hot list of a page. Raises CollectError when every source failed."""
    frozen = await app.store.editions.frozen()
    results = await asyncio.gather(*(_harvest(app, source) for source in app.sources))
    for source, (harvest, took) in zip(app.sources, results, strict=True):
        if isinstance(harvest, CollectError):
            await failed(app, source, harvest, took=took, report=report)
        else:
            await _keep(app, harvest, frozen, report, took=took)
    await collect_hot(app, report)
    asked = [result for result, _ in results if isinstance(result, CollectError) or not result.retired]
    if asked and all(isinstance(result, CollectError) for result in asked):
        raise CollectError(
            f"No source could be read: {' '.join(map(str, asked))}",
            "Nothing was changed; mend one and run again.",
        )


async def _harvest(app: App, source: Source) -> tuple[SourceResult | CollectError, float]:
    """What a source gave, or why not, and how many seconds that took."""
    began = app.clock()
    harvest = await _asked(app, source)
    return harvest, lasted(app, began)


async def _asked(app: App, source: Source) -> SourceResult | CollectError:
    state = await app.store.sources.state(source)
    if state is not None and state.retired:
        return SourceResult(source, unchanged=True, retired=True)
    try:
        known = state.validators if state else Validators()
        pages = await app.store.pages.known(source) if source.kind.has_pages else ()
        return await app.collector.collect(source, known, now=app.clock(), pages=pages)
    except CollectError as error:
        return error


async def _keep(
    app: App, harvest: SourceResult, frozen: tuple[WeekKey, ...], report: Report, *, took: float
) -> None:
    source, now = harvest.source, app.clock()
    report.warnings.extend(f"{source.name}: {warning}" for warning in harvest.warnings)
    if harvest.moved:
        report.warnings.append(
            f"The source {source.name} has moved for good to {harvest.moved}: write that into the configuration."
        )
    if harvest.retired:
        report.warnings.append(
            f"The source {source.name} is gone (410) and is not asked again: take it out of the configuration."
        )
    count = None
    if not harvest.unchanged:
        state = await app.store.sources.state(source)
        first = state is None or state.collected is None
        merged = await app.store.articles.merge(
            source,
            harvest.articles,
            others={other.name for other in app.sources} - {source.name},
            now=now,
            mint=lambda: f"tag:{app.publication.domain},{now:%Y-%m-%d}:{app.new_id()}",
            backlog=_backlog(app, frozen, began) if (began := now if first else _began(harvest)) else _never,
        )
        count = merged.new + merged.updated + merged.same
        await app.store.sources.save_hot(source.name, harvest.hot, at=now)
        app.progress.say(
            f"{source.name}: {merged.new} new, {merged.updated} updated, {merged.same} as before"
        )
    else:
        app.progress.say(f"{source.name}: unchanged")
    if harvest.listed is not None:
        count = harvest.listed
    for note in harvest.notes:
        app.progress.say(f"{source.name}: {note}")
    if source.kind.has_pages:
        await app.store.pages.save(source, harvest.pages)
    await succeeded(app, harvest, count, took=took, report=report)


def _began(harvest: SourceResult) -> datetime | None:
    """When a source of pages was first collected: many collects may go by until the last of its old pages is read."""
    return min((page.read for page in harvest.pages if page.read), default=None)


def _backlog(app: App, frozen: tuple[WeekKey, ...], began: datetime) -> Callable[[ParsedArticle], str]:
    old = partial(old_entry, now=began, cutoff=app.edition.cutoff, frozen=frozen)
    return lambda article: OLD_ENTRY if old(article.published) else ""


def _never(_: ParsedArticle) -> str:
    return ""


async def run_collect(app: App) -> dict[str, Any]:
    """Fetch the sources into the store. Raises CollectError when all failed."""
    report = Report("")
    with app.locks("collect-and-publish"):
        await collect(app, report)
    total = await app.store.articles.count()
    return {
        "articles": total,
        "warnings": report.warnings,
        "said": f"{counted(total, 'article')} in the store.",
    }
