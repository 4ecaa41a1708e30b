"""How the sources have been: what an attempt leaves behind, what of it is worth a warning, and how all of them stand."""

from datetime import datetime
from typing import Any

from syndication.collect.source_result import SourceResult
from syndication.collect.text.links import shown
from syndication.domain.article import Source, SourceKind
from syndication.domain.health import has_shrunk, is_lasting, new_usual
from syndication.domain.text import counted
from syndication.errors import CollectError
from syndication.flows.app import App
from syndication.store.articles.sources import SourceState

__all__ = ["NOT_READ", "failed", "hot_page", "lasted", "sources_standing", "succeeded"]

NOT_READ = "The hot list was not read: "


def hot_page(app: App) -> Source:
    """The page of the hot list, as a source: it is kept without a name, which no source of articles has."""
    return Source("", SourceKind.PAGE, app.hot.url)


def lasted(app: App, began: datetime) -> float:
    """The seconds since `began`; a clock that was set back tells nothing."""
    return max((app.clock() - began).total_seconds(), 0.0)


async def failed(app: App, source: Source, error: CollectError, *, took: float) -> str:
    """Record a failure after `took` seconds, and return the warning about it; for one that lasts, since when."""
    now = app.clock()
    reason = error.message.removeprefix(f"Source {source.name!r}: ").removeprefix(NOT_READ)
    await app.store.sources.record(source, at=now, took=took, error=reason)
    state = await app.store.sources.state(source)
    since = state.failing_since if state else None
    lasting = f" {_since(app, since, now)}" if since and is_lasting(since, now) else ""
    return f"{error}{lasting}"


async def succeeded(app: App, harvest: SourceResult, count: int | None, *, took: float) -> tuple[str, ...]:
    """Record a success after `took` seconds with its `count` of articles, None for a 304; return a warning when they are suddenly few."""
    source = harvest.source
    state = await app.store.sources.state(source)
    usual = state.usual if state else 0
    warnings: tuple[str, ...] = ()
    shows = count if count is not None else state.count if state else 0
    if (harvest.whole or harvest.listed is not None) and not harvest.retired:
        # A list of pages may be one of two days (a news sitemap): that it is shorter at a weekend says nothing.
        if has_shrunk(shows, usual) if harvest.whole else shows == 0 < usual:
            given = counted(shows, "article") if shows else "no article"
            few = f"The source {source.name} gave {given}, where it used to give {usual:,}"
            warnings = (f"{few}: look whether its address still leads to them.",)
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


async def sources_standing(app: App) -> dict[str, Any]:
    """Every source of the configuration, in its order, as the last collects left it; and `hot`, the page of the hot list, if it has one."""
    states = {(state.name, state.location): state for state in await app.store.sources.states()}
    page = hot_page(app)
    return {
        "sources": [
            _document(app, source, states.get((source.name, source.location))) for source in app.sources
        ],
        "hot": _of_hot(app, page, states.get((page.name, page.location))) if page.location else None,
    }


def _of_hot(app: App, page: Source, state: SourceState | None) -> dict[str, Any]:
    told = _document(app, page, state, counts="line")
    lines = told.pop("articles")
    return {name: value for name, value in told.items() if name not in {"name", "usual"}} | {"lines": lines}


def _document(
    app: App, source: Source, state: SourceState | None, *, counts: str = "article"
) -> dict[str, Any]:
    folder = source.kind is SourceKind.FOLDER
    out: dict[str, Any] = {
        "name": source.name,
        "kind": str(source.kind),
        "location": source.location if folder else shown(source.location),
        "state": _word(state),
        "collected_at": None,
        "articles": 0,
        "usual": 0,
        "seconds": None,
        "failures": 0,
        "failing_since": None,
        "failed_at": None,
        "error": None,
    }
    if state is not None:
        out |= {
            "collected_at": _iso(state.collected),
            "articles": state.count,
            "usual": state.usual,
            "seconds": round(state.took, 3),
            "failures": state.failures,
            "failing_since": _iso(state.failing_since),
            "failed_at": _iso(state.failed),
            "error": state.error or None,
        }
    out["said"] = _said(app, out["state"], state, counts)
    return out


def _word(state: SourceState | None) -> str:
    """`new`, `retired`, `failing`, `empty` or `good`."""
    if state is None:
        return "new"
    if state.retired:
        return "retired"
    if state.failures:
        return "failing"
    return "empty" if not state.count and state.usual else "good"


def _said(app: App, word: str, state: SourceState | None, counts: str) -> str:
    """A source's standing in words; what it gave are `counts`, in the singular."""
    if state is None:
        return "not collected yet"
    last = f"last read {_local(app, state.collected)}" if state.collected else "never read"
    if word == "failing":
        assert state.failing_since is not None
        times = counted(state.failures, "time")
        since = _since(app, state.failing_since, app.clock()).removeprefix("It has ").rstrip(".")
        return (
            f"{since}, {times}: {state.error} {last[:1].upper()}{last[1:]}, {counted(state.count, counts)}."
        )
    if word == "retired":
        return f"gone (410); {last}"
    used = f", used to be {state.usual:,}" if word == "empty" else ""
    return f"{last} in {state.took:.1f} s, {counted(state.count, counts)}{used}"


def _since(app: App, since: datetime, now: datetime) -> str:
    days = (now - since).days
    lasting = f", for {counted(days, 'day')}" if days else ""
    return f"It has failed since {_local(app, since)}{lasting}."


def _local(app: App, moment: datetime) -> str:
    return f"{moment.astimezone(app.publication.timezone):%Y-%m-%d %H:%M}"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
