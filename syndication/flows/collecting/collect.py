"""Collect: fetch every source at once; a source that fails is a warning, and only when all fail an error."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from syndication.collect.source_result import SourceResult
from syndication.compose.membership import old_entry
from syndication.domain.article import Merged, ParsedArticle, Source, Validators
from syndication.domain.hot_account import HotKind
from syndication.domain.hotlist import HotList
from syndication.domain.week import WeekKey
from syndication.errors import CollectError
from syndication.flows.app import App
from syndication.flows.collecting.health import NOT_READ, failed, hot_page, lasted, succeeded
from syndication.logs import logger

log = logger(__name__)


OLD_ENTRY = "it was already old when its source was first collected"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCollected:
    """What became of one source: an `error` if it could not be read."""

    source: Source
    error: CollectError | None = None
    retired: bool = False  # gone (410)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collect did: the sources in the order of the configuration, and last the page of the hot list, if there is one."""

    sources: tuple[SourceCollected, ...]
    total: int  # articles in the store

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence each."""
        return tuple(warning for each in self.sources for warning in each.warnings)


async def run_collect(app: App) -> Collected:
    """Collect, unless another run does. Raises CollectError when every source failed, LockedError."""
    with app.locks("collect-and-publish"):
        return await collect(app)


async def collect(app: App) -> Collected:
    """Fetch and store what the sources have, and the hot list of a page. Raises CollectError when every source failed."""
    frozen = await app.store.editions.frozen()
    fetched = await asyncio.gather(*(_fetch(app, source) for source in app.sources))
    sources = []
    for source, (result, took) in zip(app.sources, fetched, strict=True):
        if isinstance(result, CollectError):
            warning = await failed(app, source, result, took=took)
            sources.append(SourceCollected(source=source, error=result, warnings=(warning,)))
        else:
            sources.append(await _keep(app, result, frozen, took=took))
    page = [await _collect_hot_page(app)] if app.hot.kind is HotKind.PAGE else []
    fetchable = [each for each in sources if not each.retired]
    if fetchable and all(each.error for each in fetchable):
        raise CollectError(
            f"No source could be read: {' '.join(str(each.error) for each in fetchable)}",
            "Nothing was changed; fix one and run again.",
        )
    return Collected(sources=(*sources, *page), total=await app.store.articles.count())


async def _fetch(app: App, source: Source) -> tuple[SourceResult | CollectError, float]:
    """Return what a source gave, or why it gave nothing, and how many seconds that took."""
    began = app.clock()
    try:
        result: SourceResult | CollectError = await _result(app, source)
    except CollectError as error:
        result = error
    took = lasted(app, began)
    gave = "failed" if isinstance(result, CollectError) else f"{len(result.articles)} articles"
    log.debug("source collected", source=source.name, kind=source.kind, result=gave, seconds=took)
    return result, took


async def _result(app: App, source: Source) -> SourceResult:
    state = await app.store.sources.state(source)
    if state is not None and state.retired:
        return SourceResult(source, unchanged=True, retired=True)
    known = state.validators if state else Validators()
    pages = await app.store.pages.known(source) if source.kind.has_pages else ()
    return await app.collector.collect(source, known, now=app.clock(), pages=pages)


async def _keep(
    app: App, result: SourceResult, frozen: tuple[WeekKey, ...], *, took: float
) -> SourceCollected:
    """Store what a source gave."""
    source, count = result.source, result.listed
    merged = None if result.unchanged else await _merge(app, result, frozen)
    if merged is None:
        app.progress.say(f"{source.name}: unchanged")
    else:
        app.progress.say(
            f"{source.name}: {merged.new} new, {merged.updated} updated, {merged.same} as before"
        )
        if count is None:
            count = merged.new + merged.updated + merged.same
    for note in result.notes:
        app.progress.say(f"{source.name}: {note}")
    if source.kind.has_pages:
        await app.store.pages.save(source, result.pages)
    warnings = (*_warnings(result), *await succeeded(app, result, count, took=took))
    return SourceCollected(source=source, retired=result.retired, warnings=warnings)


def _warnings(result: SourceResult) -> Iterator[str]:
    name = result.source.name
    yield from (f"{name}: {warning}" for warning in result.warnings)
    if result.moved:
        yield f"The source {name} has moved permanently to {result.moved}: write that into the configuration."
    if result.retired:
        yield f"The source {name} is gone (410) and is not fetched any more: remove it from the configuration."


async def _merge(app: App, result: SourceResult, frozen: tuple[WeekKey, ...]) -> Merged:
    source, now = result.source, app.clock()
    state = await app.store.sources.state(source)
    first = state is None or state.collected is None
    began = now if first else _began(result)
    merged = await app.store.articles.merge(
        source,
        result.articles,
        others={other.name for other in app.sources} - {source.name},
        now=now,
        mint=lambda: f"tag:{app.publication.domain},{now:%Y-%m-%d}:{app.new_id()}",
        backlog=_backlog(app, frozen, began) if began else lambda _: "",
    )
    await app.store.sources.save_hot(source.name, result.hot, at=now)
    return merged


def _began(result: SourceResult) -> datetime | None:
    """Return when a source of pages was first collected: it may take many collects until the last of its old pages is read."""
    return min((page.read for page in result.pages if page.read), default=None)


def _backlog(app: App, frozen: tuple[WeekKey, ...], began: datetime) -> Callable[[ParsedArticle], str]:
    old = partial(old_entry, now=began, cutoff=app.edition.cutoff, frozen=frozen)
    return lambda article: OLD_ENTRY if old(article.published) else ""


async def _collect_hot_page(app: App) -> SourceCollected:
    """Fetch the hot list that a page shows. When it cannot be read, the list of the last collect stays."""
    page, began = hot_page(app), app.clock()
    try:
        found = await _hot_page(app, began)
    except CollectError as error:
        named = CollectError(f"{NOT_READ}{error.message}", error.hint)
        warning = await failed(app, page, named, took=lasted(app, began))
        return SourceCollected(source=page, error=named, warnings=(warning,))
    await app.store.sources.save_hot(page.name, [found], at=app.clock())
    await app.store.sources.record(page, at=app.clock(), took=lasted(app, began), count=len(found.lines))
    app.progress.say(f"hot list: {len(found.lines)} lines on {found.origin}")
    return SourceCollected(source=page)


async def _hot_page(app: App, at: datetime) -> HotList:
    try:
        return await app.hot.page(at)
    except CollectError:
        raise
    except Exception as error:
        log.fault("the hot list cannot be read", error)
        message = f"its page contains something that this version cannot read ({type(error).__name__})."
        raise CollectError(message, "Please report this, with the page's address.") from error
