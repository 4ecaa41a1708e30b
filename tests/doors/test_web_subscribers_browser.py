"""The subscribers' pages in a real browser, without scripts: the whole way, and how they look to everybody."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.doors.browser import Browser, Scheme, browser, faults, scroll_width
from tests.doors.smtp_server import comes
from tests.doors.subscribers_site import Served, link, serve
from tests.flows.newsroom import PAGE, Newsroom, article

__all__ = ["browser"]

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

ANN = "ann@readers.example"


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    room.write("articles/film.md", article("A film about salt", "2023-10-12", section="Film"))
    async with serve(room, own=True) as site:
        yield site


async def newest(served: Served, number: int) -> bytes:
    """The last of so many mails."""
    await comes(lambda: len(served.newsroom.mails()) >= number)
    return max(served.newsroom.mails(), key=lambda mail: b"confirm" not in mail)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).first.click()


async def test_the_whole_way_from_the_form_to_leaving_again(browser: Browser, served: Served) -> None:
    room = served.newsroom
    async with browser.page(f"{served.base}/subscribe") as page:
        await page.get_by_label("Your mail address").fill(ANN)
        room.later(seconds=5)
        await press(page, "Subscribe")
        await page.get_by_role("heading", name="Look into your mailbox").wait_for()
        await page.goto(served.here(link(await newest(served, 1), "confirm")))
        await press(page, "Yes, subscribe")
        await page.get_by_role("heading", name="You are on the list").wait_for()
        assert (await room.run("2023-W41")).sent == 1
        digest = await newest(served, 2)
        await page.goto(served.here(link(digest, "preferences")))
        await page.get_by_label("Film").check()
        await page.get_by_label("Language").select_option("ko")
        await press(page, "Save")
        await page.get_by_text("저장했습니다.").wait_for()
        await page.goto(served.here(link(digest, "unsubscribe")))
        await press(page, "구독 취소")
        await page.get_by_role("heading", name="구독이 취소되었습니다").wait_for()
    room.later(days=7)
    room.write("articles/next.md", article("The week after", "2023-10-19"))
    report = await room.run("2023-W42")
    assert (report.sent, report.recipients) == (0, 0)
    assert len(room.mails()) == 2


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ko", "dark")])
async def test_every_page_is_clean_for_axe_and_fits_a_phone(
    browser: Browser, served: Served, language: str, scheme: Scheme
) -> None:
    room = served.newsroom
    await room.subscribe(ANN, language=language)
    ann = await served.app.store.subscribers.get(ANN)
    assert ann
    sign = served.app.keyring.sign
    pages = [f"{name}/{sign(name, ann.key)}" for name in ("unsubscribe", "preferences")]
    for path in (*pages, f"subscribe?lang={language}", "subscribe/embed", f"unsubscribe/x?lang={language}"):
        async with browser.page(f"{served.base}/{path}", width=375, scheme=scheme) as page:
            assert await faults(page) == [], path
            assert await scroll_width(page) == 375, path
            paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (paper == "rgb(20, 19, 17)") is (scheme == "dark")  # the style sheet passes its own policy
