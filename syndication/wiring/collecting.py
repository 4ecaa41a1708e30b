"""The part of the wiring about collecting: from Settings to the limits of a fetch, and to where the hot list comes from."""

from datetime import datetime

from syndication.collect.access_log.json_lines import JsonKeys
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.limits import FetchLimits
from syndication.domain.hotlist import HotList
from syndication.flows.app import HotPolicy
from syndication.settings import Settings

__all__ = ["fetch_limits", "hot_policy"]


def fetch_limits(settings: Settings) -> FetchLimits:
    """What the site allows a fetch."""
    collect = settings.collect
    return FetchLimits(
        seconds=collect.timeout.total_seconds(),
        body_bytes=collect.megabytes * 2**20,
        xml_bytes=collect.xml_megabytes * 2**20,
        redirects=collect.redirects,
        attempts=collect.attempts,
        per_host=collect.per_host,
        total=collect.connections,
        robots=collect.robots,
        crawl_delay=collect.crawl_delay.total_seconds(),
    )


def hot_policy(settings: Settings, fetcher: Fetcher) -> HotPolicy:
    """Where the site's ranking comes from."""
    hot = settings.hot

    async def page(at: datetime) -> HotList:
        from syndication.collect.hot.page import fetch_hot_page  # noqa: PLC0415 - lxml's selectors, for those who have a page

        return await fetch_hot_page(fetcher, hot.url, hot.selector, now=at, allow_private=hot.allow_private)

    keys = JsonKeys(**hot.fields.model_dump())
    return HotPolicy(hot.kind, hot.limit, settings.hot_path, page, hot.url, keys)
