"""What a browser makes of the digest and the pages: axe, contrast, widths; light, dark, forced dark, without images or styles."""

import pytest

from tests.doors.browser import Browser, Scheme, browser, faults, scroll_width
from tests.unit.render_editions import edition, merged, renderer

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("width", "scheme"), [(700, "light"), (375, "dark"), (320, "light")])
async def test_the_digest_has_no_fault_and_does_not_scroll_sideways(
    browser: Browser, width: int, scheme: Scheme
) -> None:
    html, _ = merged(renderer().digest(edition(), "en"))
    async with browser.page(html, width=width, scheme=scheme) as page:
        assert await faults(page, mail=True) == []
        assert await scroll_width(page) == width
