"""Fetch the hot list of a page, if that is where the ranking comes from."""

from syndication.domain.hot_account import HotKind
from syndication.errors import CollectError
from syndication.flows.app import App
from syndication.flows.collecting.health import NOT_READ, failed, hot_page, lasted
from syndication.flows.report import Report

__all__ = ["collect_hot"]


async def collect_hot(app: App, report: Report) -> None:
    """Fetch the list that stands on a page, if that is where it comes from. One that cannot be had leaves the last one."""
    if app.hot.kind is not HotKind.PAGE:
        return
    page, began = hot_page(app), app.clock()
    try:
        found = await app.hot.page(began)
    except CollectError as error:
        told = CollectError(f"{NOT_READ}{error.message}", error.hint)
        await failed(app, page, told, took=lasted(app, began), report=report)
        return
    await app.store.sources.save_hot(page.name, [found], at=app.clock())
    await app.store.sources.record(page, at=app.clock(), took=lasted(app, began), count=len(found.lines))
    app.progress.say(f"hot list: {len(found.lines)} lines on {found.origin}")
