"""A library is imported where it is first used: importing a room's entrance must not load it."""

import subprocess
import sys

from tests.rules.repository import ROOT

HEAVY = {
    "aiosmtpd",
    "aiosmtplib",
    "babel",
    "cryptography",
    "feedgen",
    "httpx2",
    "jinja2",
    "lxml",
    "mjml",
    "regex",
    "stamina",
}
ENTRANCES = [
    "syndication.compose.edition",
    "syndication.deliver.message",
    "syndication.deliver.pool",
    "syndication.deliver.retry",
    "syndication.deliver.throttle",
    "syndication.domain.slug",
    "syndication.publish.answering",
    "syndication.publish.entries",
    "syndication.publish.feeds",
    "syndication.publish.folder",
    "syndication.publish.items",
    "syndication.publish.outline",
    "syndication.publish.sitemap",
    "syndication.publish.takedown",
    "syndication.publish.websub",
    "syndication.render.renderer",
]


def test_the_entrances_of_the_rooms_load_no_heavy_library() -> None:
    code = f"import sys, {', '.join(ENTRANCES)}; print(*sorted(set(sys.modules) & {HEAVY}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_decisions_about_sending_do_not_even_load_asyncio() -> None:
    code = (
        "import sys, syndication.deliver.retry, syndication.deliver.throttle; print('asyncio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
