"""The preview in a real browser: an editor picks, looks, saves, and sends a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.doors.browser import Browser, Page, browser, faults, scroll_width
from tests.doors.preview_site import Preview, preview_of
from tests.flows.newsroom import PAGE, Newsroom, article

__all__ = ["browser"]

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

SHIPPED = Path(__file__).resolve().parents[2] / "templates/default/digest.mjml"
FAULTY = (
    '<mj-section><mj-column><mj-image src="https://a.example/b.png" /></mj-column></mj-section></mj-body>'
)


@pytest_asyncio.fixture(loop_scope="session")
async def preview(tmp_path: Path) -> AsyncIterator[Preview]:
    room = Newsroom(tmp_path / "site")
    room.write("articles/ferry-bell.txt", PAGE)
    room.write("articles/net.md", article("The last net mender", "2023-10-12"))
    await room.subscribe("ann@readers.example", name="Ann Lee")
    await room.subscribe("haneul@readers.example", name="김하늘", language="ko")
    async with preview_of(room, tmp_path / "copy") as served:
        yield served


async def opened(page: Page, preview: Preview) -> None:
    """The printed address, and what it leads to."""
    await page.goto(preview.url)
    await page.wait_for_url(f"{preview.base}/")
    await page.wait_for_function("document.querySelector('#fit').textContent")


async def ink(page: Page) -> str:
    """The colour of the mail's headline as it is seen."""
    frame = page.frame_locator("#frame")
    return str(await frame.locator("h1 a").evaluate("each => getComputedStyle(each).color"))


async def test_a_reader_is_found_and_picked_and_the_mail_becomes_theirs(
    browser: Browser, preview: Preview
) -> None:
    async with browser.page(width=1300) as page:
        await opened(page, preview)
        mail = page.frame_locator("#frame")
        await mail.get_by_text("Hello,").wait_for()
        await page.keyboard.press("/")
        await page.keyboard.type("haneul")
        await page.get_by_role("radio", name="김하늘").click()
        await mail.get_by_text("김하늘 님, 안녕하세요").wait_for()
        await page.get_by_label("Links").click()
        await page.get_by_role("row", name="구독 취소").get_by_text("acts for this subscriber").wait_for()
        assert "subscriber=haneul%40readers.example" in page.url
        await page.reload()
        await page.get_by_role("row", name="구독 취소").wait_for()


async def test_keys_switch_widths_colours_images_and_styles(browser: Browser, preview: Preview) -> None:
    async with browser.page(width=1300) as page:
        await opened(page, preview)
        frame = page.locator("#frame")
        for key, width in (("1", 320), ("2", 375), ("3", 700)):
            await page.keyboard.press(key)
            await page.get_by_text(f"Fits into {width} pixels.").wait_for()
            box = await frame.bounding_box()
            assert box is not None
            assert box["width"] == width
        assert await ink(page) == "rgb(27, 25, 22)"
        await page.keyboard.press("d")
        await page.locator("#frame[src*='look=dark']").wait_for()
        assert await ink(page) == "rgb(241, 236, 228)"
        await page.keyboard.press("f")
        await page.locator("#frame[src*='look=forced']").wait_for()
        assert "invert" in str(
            await page.frame_locator("#frame")
            .locator("html")
            .evaluate("each => getComputedStyle(each).filter")
        )
        await page.keyboard.press("s")
        await page.locator("#frame[src*='styles=off']").wait_for()
        assert await page.frame_locator("#frame").locator("[style]").count() == 0
        await page.keyboard.press("t")
        await page.get_by_text("Weekly hot", exact=False).first.wait_for()
        await page.get_by_label("Single-key shortcuts").uncheck()
        await page.keyboard.press("h")
        assert await page.get_by_label("Text", exact=True).is_checked()


async def test_a_mistake_is_seen_when_it_is_saved_and_goes_with_the_save_that_mends_it(
    browser: Browser, preview: Preview
) -> None:
    source = SHIPPED.read_text(encoding="utf-8")
    broken = source.replace("</mj-body>", FAULTY)
    async with browser.page(width=1300) as page:
        await opened(page, preview)
        await page.get_by_role("radio", name="A right-to-left name").click()
        template = preview.newsroom.write("templates/default/digest.mjml", broken)
        finding = page.get_by_role("alert").get_by_text("<mj-image> has no alt")
        await finding.wait_for()
        line = source[: source.index("</mj-body>")].count("\n") + 1
        assert f"templates/default/digest.mjml, line {line}: " in str(await finding.text_content())
        assert await page.locator("#frame").count() == 0
        template.write_text(source.replace('padding="34px 40px', 'padding="35px 40px'), encoding="utf-8")
        await page.locator("#frame").wait_for()
        assert await finding.count() == 0
        await page.get_by_text("Fits into 700 pixels.").wait_for()
        assert await page.get_by_role("radio", name="A right-to-left name").is_checked()


async def test_a_test_is_sent_into_the_outbox(browser: Browser, preview: Preview) -> None:
    async with browser.page(width=1300) as page:
        await opened(page, preview)
        await page.get_by_role("radio", name="A very long name").click()
        await page.locator("#frame[src*='long-name']").wait_for()
        await page.get_by_label("To your own address").fill("me@desk.example")
        await page.get_by_role("button", name="Send").click()
        await page.get_by_text("was sent to me@desk.example.").wait_for()
    (mail,) = preview.newsroom.mails()
    assert b"[Test] Ferry Bell" in mail
    assert b"Maximiliana" in mail


async def test_no_script_and_no_form_of_a_mail_works_in_the_frame(browser: Browser, preview: Preview) -> None:
    hostile = """<mj-raw><script>top.document.title = "owned"; document.title = "owned"</script>
    <form action="/collect" method="post" target="_top"><button>Go on</button></form>
    <a href="/nowhere">Away</a><img src="x" alt="" onerror="top.document.title = 'owned'" /></mj-raw></mj-body>"""
    source = SHIPPED.read_text(encoding="utf-8").replace("</mj-body>", hostile)
    preview.newsroom.write("templates/default/digest.mjml", source)
    async with browser.page(width=1300) as page:
        await opened(page, preview)
        mail = page.frame_locator("#frame")
        await mail.get_by_role("button", name="Go on").click()
        await mail.get_by_role("link", name="Away").click()
        assert "owned" not in await page.title()
        assert page.url == f"{preview.base}/"
        assert await mail.get_by_role("button", name="Go on").count() == 1
        assert len(page.context.pages) == 1


async def test_axe_finds_no_fault_in_light_and_dark_and_the_page_fits_its_window(
    browser: Browser, preview: Preview
) -> None:
    async with browser.page(width=1300) as page:
        await opened(page, preview)
        assert await faults(page) == []
        await page.emulate_media(color_scheme="dark")
        for key in ("a", "k", "m"):  # headers, links, mail
            await page.keyboard.press(key)
            await page.locator("#shown.headers, #shown.links, #shown.mail").wait_for()
            assert await faults(page) == []
        for width in (320, 375, 700):
            await page.set_viewport_size({"width": width, "height": 800})
            assert await scroll_width(page) == width


async def test_the_page_says_that_the_preview_has_ended(browser: Browser, tmp_path: Path) -> None:
    async with browser.page(width=1300) as page:
        async with preview_of(Newsroom(tmp_path / "site"), tmp_path / "copy") as preview:
            await page.goto(preview.url)
            await page.get_by_role("alert").get_by_text("2023-W41 has no new article").wait_for()
        await page.get_by_role("alert").get_by_text("The preview has ended.").wait_for()
