"""A feed in a browser, for somebody who followed its link."""

import pytest
from playwright.async_api import Route

from syndication.publish.channel import feed_css
from syndication.publish.feeds import documents
from tests.doors.browser import Browser, browser
from tests.unit.publish_samples import PUBLICATION, channel, entry

__all__ = ["browser"]

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

SHOWN = "Array.from(document.querySelectorAll('*')).filter(e => !e.children.length && e.getClientRects().length).map(e => e.localName)"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rss.xml", {"title", "link", "description", "creator", "pubDate"}),
        ("atom.xml", {"title", "name", "summary", "published"}),
    ],
)
async def test_a_browser_shows_titles_summaries_authors_and_dates_and_nothing_for_machines(
    browser: Browser, name: str, expected: set[str]
) -> None:
    made = documents(channel(), [entry(number, authors=("Nari Ok",)) for number in range(3)])

    async def answered(route: Route) -> None:
        is_style = route.request.url.endswith(".css")
        kind = "text/css" if is_style else "application/xml"
        await route.fulfill(body=feed_css() if is_style else made[name], content_type=kind)

    async with browser.page(width=375, scheme="dark") as page:
        await page.route(f"{PUBLICATION.feeds_url}**", answered)
        await page.goto(PUBLICATION.feeds_url + name)
        assert set(await page.evaluate(SHOWN)) == expected
        assert await page.evaluate("document.documentElement.scrollWidth") == 375
