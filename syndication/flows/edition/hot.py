"""The hot list of a week: which of the collected lists counts, which articles its lines mean, and where each number is from.

`collecting/collect.py` fetches the lists; `compose/hot.py` ranks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syndication.collect.access_log.reading import Question
from syndication.collect.hot.file import read_hot_file
from syndication.compose.hot import by_visitors, choose, rank, without_withdrawn
from syndication.domain.article import ResolvedArticle
from syndication.domain.audience import Audience, LeftOut
from syndication.domain.hot_account import HotAccount, HotKind, entries_only
from syndication.domain.hotlist import HotEntry, HotList
from syndication.domain.text import counted
from syndication.domain.week import WeekKey
from syndication.errors import CollectError, SyndicationError
from syndication.flows.app import App
from syndication.flows.collecting.health import hot_page
from syndication.logs import logger
from syndication.publish.addresses import resolve

log = logger(__name__)

MATCH_WINDOW = timedelta(days=90)  # how far back a hot entry's article is looked for
WITHOUT = "The digest goes out without a hot list."
COLLECT = "`syndicate collect` reads it."
MANY_BROKEN = 1000  # more than one broken line in this many: a server that was stopped leaves fewer


async def hot_list(app: App, key: WeekKey) -> tuple[HotAccount, tuple[str, ...]]:
    """Return the ranking of `key` as it would be frozen now, and warnings. A list that cannot be read has no places."""
    begins, ends = app.edition.cutoff.window(key)
    account = HotAccount(kind=app.hot.kind, begins=begins, ends=ends, read=app.clock())
    recent = await recent_articles(app, key)
    try:
        chosen, account = await _chosen(app, key, recent, account)
    except CollectError as error:
        return account, (f"{error.message} {WITHOUT} {error.hint}".strip(),)
    except SyndicationError:
        raise
    except Exception as error:  # noqa: BLE001 - no hot list ends a run
        log.fault("the hot list cannot be read", error)
        return account, (
            f"The hot list cannot be read ({type(error).__name__}). {WITHOUT} Please report this.",
        )
    warnings = tuple(_warnings(account, app.publication.timezone))
    before = await app.store.editions.hot_before(key)
    earlier = [frozen for frozen in await app.store.editions.frozen() if frozen < key]
    places = rank(chosen, recent, before, app.hot.limit)
    left = await not_withdrawn(app, [place.entry for place in places])
    account = replace(
        account,
        origin=chosen.origin if chosen else "",
        published=chosen.published if chosen else None,
        lines=len(chosen.lines) if chosen else 0,
        against=max(earlier, default=None),
        places=tuple(place for place in places if place.entry in left),
    )
    return account, warnings


async def _chosen(
    app: App, key: WeekKey, recent: list[ResolvedArticle], account: HotAccount
) -> tuple[HotList | None, HotAccount]:
    """Return the list that counts, if there is one, and the account of where it is from. Raises CollectError."""
    path = app.hot.path(key)
    if app.hot.kind is HotKind.FILE and path:
        return read_hot_file(path), account
    if app.hot.kind is HotKind.LOG and path:
        audience = await _audience(app, path, recent, account)
        account = replace(account, audience=audience)
        if audience.alike or audience.addressless:
            return None, account
        return by_visitors(audience.visitors, recent, str(path)), account
    names = {hot_page(app).name} if app.hot.kind is HotKind.PAGE else {source.name for source in app.sources}
    lists = [found for found in await app.store.sources.hot_lists() if found.source in names]
    if app.hot.kind is HotKind.PAGE:
        # Last week's list under this week's date would be a lie.
        lists = [found for found in lists if found.collected and found.collected > account.begins]
        if not lists:
            raise CollectError("The page with the hot list was not read in this week.", COLLECT)
    chosen = choose(lists, account.ends)
    return chosen, replace(account, read=chosen.collected) if chosen else account


async def _audience(app: App, path: Path, recent: list[ResolvedArticle], account: HotAccount) -> Audience:
    question = Question(
        pattern=path,
        begins=account.begins,
        ends=account.ends,
        articles=tuple(recent),
        zone=app.publication.timezone,
        keys=app.hot.keys,
    )
    show = partial(app.progress.count, "bytes of the access log")
    # The salt is forgotten with this run: what is hashed with it can never be traced to a visitor.
    found = await app.hot.log().audience(question, salt=app.new_id().encode(), progress=show)
    app.progress.say(
        f"access log: {counted(found.lines, 'line')}, {counted(sum(found.views.values()), 'view')} of {counted(len(found.visitors), 'article')}"
    )
    return found


def _warnings(account: HotAccount, zone: ZoneInfo) -> Iterator[str]:
    """Yield what an operator has to know about the access log, if there is one."""
    found = account.audience
    if found is None:
        return
    broken = found.left_out.get(LeftOut.BROKEN, 0)
    if not found.visitors:
        yield f"{_empty(found, account, zone)} {WITHOUT}"
    elif found.addressless:
        yield f"The access log has no visitor's address, or under a name that is not known: set hot.fields. {WITHOUT}"
    elif found.alike:
        yield f"Nearly all views in the access log come from one address, a proxy's perhaps: let the server log the visitor's. {WITHOUT}"
    elif broken * MANY_BROKEN > found.lines:
        yield f"{broken:,} of the {found.lines:,} lines of the access log are broken and are not counted."
    if found.nameless * 2 > sum(found.views.values()):
        yield "The access log names no user agents, so robots count as visitors: let the server write the combined format."


def _empty(found: Audience, account: HotAccount, zone: ZoneInfo) -> str:
    nothing = f"The access log has no lines of the week that begins at {_shown(account.begins, zone)}"
    if not found.lines:
        return f"{nothing}."
    if found.left_out.get(LeftOut.BROKEN, 0) == found.lines:
        return "No line of the access log can be read: its format is not one that is known."
    if found.left_out.get(LeftOut.WINDOW) and found.first and found.last:
        span = f"{_shown(found.first, zone)} to {_shown(found.last, zone)}"
        return f"{nothing}: its lines about articles are from {span}."
    return f"The access log has no visitor of an article: `syndicate hot` shows what its {counted(found.lines, 'line')} are."


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class ExplainedHotList:
    """A hot list and how each number was computed. `account` is the document of `HotAccount`, as it is kept with an edition."""

    edition: WeekKey
    frozen: datetime | None
    timezone: ZoneInfo
    account: Mapping[str, Any]
    warnings: tuple[str, ...]


async def explain_hot_list(app: App, week: WeekKey | None) -> ExplainedHotList:
    """Return the list of `week`, the latest if None, as frozen, or as it would be now. The week need not have ended."""
    key = week or app.edition.cutoff.latest(app.clock())
    warnings: tuple[str, ...] = ()
    frozen = await app.store.editions.get(key)
    if frozen is None:
        found, warnings = await hot_list(app, key)
        account = found.document()
    else:
        account = await app.store.editions.hot_account(key) or entries_only(frozen.hot)
        ranks = {entry.rank for entry in await not_withdrawn(app, frozen.hot)}
        account["entries"] = [entry for entry in account["entries"] if entry["rank"] in ranks]
    made = frozen.frozen_at if frozen else None
    return ExplainedHotList(key, made, app.publication.timezone, account, warnings)


async def not_withdrawn(app: App, entries: Sequence[HotEntry]) -> tuple[HotEntry, ...]:
    """Return the entries that do not mean a withdrawn article."""
    gone = await app.store.withdrawals.all()
    return without_withdrawn(entries, {each.article for each in gone}, [each.title for each in gone])


async def recent_articles(app: App, key: WeekKey) -> list[ResolvedArticle]:
    """Return the articles that an entry of the hot list of `key` may mean, as they are published now."""
    since = app.edition.cutoff.at(key) - MATCH_WINDOW
    found = await app.store.articles.recent(since=since, until=app.clock())
    return [resolve(article, app.publication) for article in found]
