"""A real browser for what people look at: Debian's Chromium, one a test session, driven over its DevTools protocol.

Async tests that use it share its event loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`, and so do their async fixtures.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, Route, async_playwright

__all__ = ["Browser", "Page", "Scheme", "browser", "faults", "scroll_width"]

PICTURE = Path(__file__).resolve().parents[2] / "examples/articles/images/tram.png"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE = 300_000  # milliseconds: what ends a test that hangs, and no measure of the machine
Scheme: TypeAlias = Literal["light", "dark"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Browser:
    """Opens pages, each with cookies and storage of its own. Nothing leaves this machine: an image elsewhere is a picture of ours."""

    chromium: Chromium

    @asynccontextmanager
    async def page(
        self,
        shown: str = "",
        *,
        width: int = 700,
        scheme: Scheme = "light",
        forced_dark: bool = False,
        images: bool = True,
    ) -> AsyncIterator[Page]:
        """A page of `width` CSS pixels that shows a URL, or HTML itself, with `forced_dark` as a mail program darkens what it is not told."""
        context = await self.chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        try:
            page = await context.new_page()
            page.set_default_timeout(PATIENCE)
            await page.route("**/*", _with_images if images else _without_images)
            if forced_dark:
                protocol = await context.new_cdp_session(page)
                await protocol.send("Emulation.setAutoDarkModeOverride", {"enabled": True})
            if shown.lstrip().startswith("<"):
                await page.set_content(shown)
            elif shown:
                await page.goto(shown)
            yield page
        finally:
            await context.close()


async def faults(page: Page, *, mail: bool = False) -> list[str]:
    """What axe-core finds wrong, a line each. A mail has no landmarks: the mail program's own page has them."""
    await page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = await page.evaluate(
        'rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})', RULES
    )
    stand = {"landmark-one-main", "region"} if mail else set()
    return [
        f"{fault['id']}: {node['html']} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["id"] not in stand
        for node in fault["nodes"]
    ]


async def scroll_width(page: Page) -> int:
    """How wide the page is in CSS pixels: wider than the window means that it scrolls sideways."""
    width: int = await page.evaluate("document.documentElement.scrollWidth")
    return width


async def _with_images(route: Route) -> None:
    address = urlsplit(route.request.url)
    if address.scheme in {"data", "file", "blob"} or address.hostname in LOOPBACK:
        await route.continue_()
    elif route.request.resource_type == "image":
        await route.fulfill(path=PICTURE)
    else:
        await route.abort()


async def _without_images(route: Route) -> None:
    if route.request.resource_type == "image":
        await route.abort()
    else:
        await _with_images(route)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The session's browser; a test is skipped where none is installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("no Chromium here")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=OPTIONS, timeout=PATIENCE)
        yield Browser(chromium)
        await chromium.close()
