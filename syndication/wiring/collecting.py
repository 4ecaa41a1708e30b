"""Build what collecting needs from the settings: the fetcher, and where the hot list comes from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from syndication.flows.app import HotPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack
    from datetime import datetime

    from syndication.collect.access_log.reading import AccessLog
    from syndication.collect.http.fetch import Fetcher
    from syndication.domain.hotlist import HotList
    from syndication.settings import Settings

__all__ = ["hot_policy", "open_fetcher"]


def open_fetcher(settings: Settings, stack: AsyncExitStack) -> Fetcher:
    """Build the HTTP client with the site's limits; `stack` closes it."""
    from syndication.collect.http.fetch import Fetcher
    from syndication.collect.http.limits import FetchLimits

    limits = FetchLimits(**dict(settings.collect))
    fetcher = Fetcher(contact=settings.publication.url, limits=limits)
    stack.push_async_exit(fetcher)
    return fetcher


def hot_policy(settings: Settings, fetcher: Callable[[], Fetcher]) -> HotPolicy:
    """Return where the site's ranking comes from."""
    hot = settings.hot

    async def page(at: datetime) -> HotList:
        from syndication.collect.hot.page import fetch_hot_page

        return await fetch_hot_page(fetcher(), hot.url, hot.selector, now=at, allow_private=hot.allow_private)

    return HotPolicy(hot.kind, hot.limit, settings.hot_path, page, hot.url, hot.fields, cache(_access_log))


def _access_log() -> AccessLog:
    from syndication.collect.access_log.reading import AccessLog

    return AccessLog()
