"""The health of the sources: record each attempt, warn about lasting failures, and answer `syndicate status --sources`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syndication.collect.text.links import shown
from syndication.domain.article import Source, SourceKind
from syndication.domain.text import counted

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from syndication.collect.source_result import SourceResult
    from syndication.errors import CollectError
    from syndication.flows.app import App
    from syndication.store.articles.sources import SourceState
from datetime import datetime, timedelta

NOT_READ = "The hot list was not read: "

_LASTING = timedelta(days=1)  # a site may be down for a night

_ENOUGH = 8  # articles; smaller numbers vary anyway

_FEW = 4


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source as the last collects left it; `record` is None before the first."""

    source: Source
    record: SourceState | None

    @property
    def location(self) -> str:
        """The folder, or the address without a password."""
        return self.source.location if self.source.kind is SourceKind.FOLDER else shown(self.source.location)

    @property
    def state(self) -> str:
        """`new`, `retired`, `failing`, `empty` or `good`."""
        if self.record is None:
            return "new"
        if self.record.retired:
            return "retired"
        if self.record.failures:
            return "failing"
        return "empty" if not self.record.count and self.record.usual else "good"


@dataclass(frozen=True, slots=True)
class SourcesHealth:
    """Every source, in the order of the configuration, and the page of the hot list, if it comes from one."""

    sources: tuple[SourceHealth, ...]
    hot: SourceHealth | None
    at: datetime
    timezone: ZoneInfo


def hot_page(app: App) -> Source:
    """Return the page of the hot list as a source; it has no name, unlike every source of articles."""
    return Source("", SourceKind.PAGE, app.hot.url)


def lasted(app: App, began: datetime) -> float:
    """Return the seconds since `began`, at least 0: the clock may have been set back."""
    return max((app.clock() - began).total_seconds(), 0.0)


async def failed(app: App, source: Source, error: CollectError, *, took: float) -> str:
    """Record a failure after `took` seconds, and return the warning about it, with the date of the first failure if it lasts."""
    now, zone = app.clock(), app.publication.timezone
    reason = error.message.removeprefix(f"Source {source.name!r}: ").removeprefix(NOT_READ)
    await app.store.sources.record(source, at=now, took=took, error=reason)
    state = await app.store.sources.state(source)
    since = state.failing_since if state else None
    return f"{error} {failing_since(since, now, zone)}." if since and is_lasting(since, now) else str(error)


async def succeeded(app: App, harvest: SourceResult, count: int | None, *, took: float) -> tuple[str, ...]:
    """Record a success after `took` seconds with its `count` of articles, None for a 304; return a warning when they are suddenly few."""
    source = harvest.source
    state = await app.store.sources.state(source)
    usual = state.usual if state else 0
    warnings: tuple[str, ...] = ()
    shows = count if count is not None else state.count if state else 0
    if (harvest.whole or harvest.listed is not None) and not harvest.retired:
        # A list of pages may cover two days (a news sitemap): that it is shorter at a weekend means nothing.
        if has_shrunk(shows, usual) if harvest.whole else shows == 0 < usual:
            given = counted(shows, "article") if shows else "no article"
            few = f"The source {source.name} gave {given}, where it used to give {usual:,}"
            warnings = (f"{few}: check whether its address still leads to them.",)
        usual = new_usual(shows, usual)
    await app.store.sources.record(
        source,
        at=app.clock(),
        took=took,
        validators=harvest.validators,
        count=count,
        usual=usual,
        retired=harvest.retired,
    )
    return warnings


async def sources_health(app: App) -> SourcesHealth:
    """Return every source of the configuration, in its order, as the last collects left it."""
    states = {(state.name, state.location): state for state in await app.store.sources.states()}
    *sources, hot = (
        SourceHealth(source, states.get((source.name, source.location)))
        for source in (*app.sources, hot_page(app))
    )
    return SourcesHealth(tuple(sources), hot if app.hot.url else None, app.clock(), app.publication.timezone)


def failing_since(since: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return since when a source has failed, and for how many days, without a full stop."""
    days = (now - since).days
    lasting = f", for {counted(days, 'day')}" if days else ""
    return f"It has failed since {since.astimezone(zone):%Y-%m-%d %H:%M}{lasting}"


def has_shrunk(count: int, usual: int) -> bool:
    """Return whether a source that usually shows `usual` articles now shows so few that it looks broken: none, or under a quarter."""
    return (count == 0 and usual > 0) or (usual >= _ENOUGH and count * _FEW < usual)


def new_usual(count: int, usual: int) -> int:
    """Return what counts as usual from now on. Fewer articles become usual, so that they are reported once; none is reported every time."""
    return count or usual


def is_lasting(since: datetime | None, now: datetime) -> bool:
    """Return whether a source has failed for so long that reports give the date of the first failure."""
    return since is not None and now - since >= _LASTING
