"""What a browser makes of the digest and the pages: axe with its contrast, widths, touch targets; light, dark, forced dark, right to left."""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import date

import pytest

from syndication.domain.edition import Edition, Section
from syndication.render.renderer import ArchiveLine, FeedGroup
from tests.doors.browser import Browser, Scheme, browser, faults, scroll_width
from tests.unit.render_editions import (
    HOT,
    article,
    edition,
    entry,
    merged,
    picture,
    renderer,
    section,
    subscriber,
)

__all__ = ["browser"]

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

THEMES = ["default", "plain"]
# What mail programs leave out: styles in the head, and with them what is said of dark mode.
_STYLES = re.compile(
    r"<style.*?</style>|<meta name=\"(?:color-scheme|supported-color-schemes)\"[^>]*>", re.DOTALL
)
# How light the pixels of a picture are, 0 to 255: the median, and the share in percent of those above 160.
_LIGHT = """async picture => {
  const image = await createImageBitmap(await (await fetch(picture)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const data = canvas.getImageData(0, 0, image.width, image.height).data;
  const light = [];
  for (let i = 0; i < data.length; i += 4) light.push(0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2]);
  light.sort((a, b) => a - b);
  return [light[light.length >> 1], 100 * light.filter(value => value > 160).length / light.length];
}"""


def long_title() -> Edition:
    return edition(lead=article("x", title="Tides" * 20 + " and their tables" * 12, image=picture("x")))


def arabic() -> Edition:
    shown = article(
        "lamp",
        title="حارسة المنارة ودفترها",
        summary="ثلاثون عامًا من البحر.",
        language="ar",
        image=picture("lamp"),
    )
    return edition(
        lead=shown, sections=(Section("ثقافة", "culture", (shown, shown)),), hot=(entry(1, "حارسة المنارة"),)
    )


def mail(theme: str, shown: Edition | None = None, language: str = "en") -> str:
    using = renderer(theme=theme, language=language)
    variant = using.digest(shown or edition(), language)
    return merged(variant, subscriber(language=language), using)[0]


async def test_axe_finds_nothing_wrong_in_the_digest_light_dark_or_without_its_styles(
    browser: Browser,
) -> None:
    html = mail("default")
    async with browser.page(html) as page:
        assert await faults(page, mail=True) == []
    async with browser.page(html, width=375, scheme="dark") as page:
        assert await faults(page, mail=True) == []
    async with browser.page(_STYLES.sub("", html), width=375) as page:
        assert await faults(page, mail=True) == []


@pytest.mark.parametrize("theme", THEMES)
async def test_a_digest_without_any_style_is_read_on_white_and_the_button_is_a_link(
    browser: Browser, theme: str
) -> None:
    html = re.sub(r' style="[^"]*"', "", _STYLES.sub("", mail(theme)))
    async with browser.page(html) as page:
        assert await faults(page, mail=True) == []


async def test_axe_finds_nothing_wrong_in_the_plain_digest(browser: Browser) -> None:
    async with browser.page(mail("plain"), width=375, scheme="dark") as page:
        assert await faults(page, mail=True) == []


PAGES: dict[str, tuple[int, Scheme, Callable[[], str]]] = {
    "an edition": (700, "light", lambda: renderer().edition_page(edition(note="A word."))),
    "an edition, dark": (320, "dark", lambda: renderer().edition_page(edition())),
    "an edition in the plain theme": (375, "dark", lambda: renderer(theme="plain").edition_page(edition())),
    "an article": (
        320,
        "light",
        lambda: renderer().article_page(article("bells", url="", image=picture("bells"))),
    ),
    "the list of feeds": (
        320,
        "light",
        lambda: renderer().feeds_page(
            [FeedGroup("main", (("Bell", ""),)), FeedGroup("tags", (("sea", "tags/sea/"),))]
        ),
    ),
    "in place of what is gone": (375, "dark", lambda: renderer().gone_page()),
    "the archive": (
        375,
        "dark",
        lambda: renderer().archive_index(
            [ArchiveLine("2026-W47", 12, date(2026, 11, 20), "Bells", "2026-W47.html")]
        ),
    ),
}


@pytest.mark.parametrize(("width", "scheme", "made"), PAGES.values(), ids=PAGES)
async def test_axe_finds_nothing_wrong_in_a_page_and_it_does_not_scroll_sideways(
    browser: Browser, width: int, scheme: Scheme, made: Callable[[], str]
) -> None:
    async with browser.page(made(), width=width, scheme=scheme) as page:
        assert await faults(page) == []
        assert await scroll_width(page) == width


@pytest.mark.parametrize("theme", THEMES)
async def test_a_digest_does_not_scroll_sideways_even_with_long_words_or_without_its_styles(
    browser: Browser, theme: str
) -> None:
    mails = [mail(theme, long_title()), mail(theme, arabic(), "ar"), _STYLES.sub("", mail(theme))]
    async with browser.page() as page:
        for html in mails:
            await page.set_content(html)
            for width in (320, 375, 700):
                await page.set_viewport_size({"width": width, "height": 900})
                assert await scroll_width(page) == width


@pytest.mark.parametrize("theme", THEMES)
async def test_on_a_phone_every_link_is_44_pixels_high_and_what_is_read_at_least_16(
    browser: Browser, theme: str
) -> None:
    async with browser.page(mail(theme, edition(note="A word.")), width=375) as page:
        low = """[...document.querySelectorAll("a")].filter(link => link.getBoundingClientRect().height < 44)
                 .map(link => link.outerHTML)"""
        assert await page.evaluate(low) == []
        small = """[...document.querySelectorAll("p.ink, h1, h2.leadtitle, h2.ink, h3")]
                   .filter(text => parseFloat(getComputedStyle(text).fontSize) < 16).map(text => text.outerHTML)"""
        assert await page.evaluate(small) == []


@pytest.mark.parametrize("theme", THEMES)
async def test_a_digest_that_is_darkened_by_force_is_dark_with_light_letters(
    browser: Browser, theme: str
) -> None:
    async with browser.page(_STYLES.sub("", mail(theme)), width=375, forced_dark=True, images=False) as page:
        picture_ = b64encode(await page.screenshot(full_page=True)).decode()
    async with browser.page("<p>") as page:
        median, light = await page.evaluate(_LIGHT, f"data:image/png;base64,{picture_}")
    assert median < 60
    assert 1 < light < 30


async def test_a_right_to_left_digest_runs_from_right_to_left_and_a_story_the_other_way_keeps_its_own(
    browser: Browser,
) -> None:
    shown = arabic()
    shown = edition(
        lead=shown.lead, sections=(section("World", article("ice", image=picture("ice"))),), hot=HOT
    )
    where = """() => Object.fromEntries([["h3", "h3"], ["image", "img[width='198']"], ["rank", "td[width='44']"],
                 ["mark", "span[role=img]"]].map(([name, found]) =>
                 [name, document.querySelector(found).getBoundingClientRect().left]))"""
    async with browser.page(mail("default", shown, "ar")) as page:
        left = await page.evaluate(where)
        assert left["h3"] < left["image"]
        assert left["mark"] < left["rank"]
        assert await page.evaluate("getComputedStyle(document.querySelector('h3')).direction") == "ltr"
        assert await page.evaluate("getComputedStyle(document.querySelector('h2')).direction") == "rtl"


async def test_where_images_are_off_a_digest_is_shorter_and_shows_what_they_would(browser: Browser) -> None:
    height = "document.documentElement.scrollHeight"
    async with browser.page(mail("default")) as page:
        with_images = await page.evaluate(height)
    async with browser.page(mail("default"), images=False) as page:
        assert await page.evaluate(height) < with_images - 300
        boxes = "[...document.images].map(image => [image.alt, image.offsetHeight < 40])"
        assert await page.evaluate(boxes) == [["A bronze bell", True], ["A tram", True]]
