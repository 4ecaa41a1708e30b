"""The same articles make the same bytes in any process: time zone, locale, hash seed and time of day do not show."""

import locale
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

from syndication.publish.feeds import documents
from tests.flows.newsroom import Newsroom, article
from tests.unit.publish_samples import channel, entry

pytestmark = pytest.mark.slow

# Few machines have the names of another language, so the process has: whatever formats a date by the locale gets them.
FOREIGN = """
import re, time
strftime = time.strftime
time.strftime = lambda form, *moment: strftime(re.sub("%[aAbBpcx]", "Oktober", form), *moment)
"""
PUBLISH = f"""{FOREIGN}
from syndication.cli import main
main()
"""
BUILD = """
import hashlib, locale, sys
from tests.unit.publish_samples import PUBLICATION, NOON, article, channel
from syndication.domain.hotlist import HotEntry
from syndication.publish.entries import article_entry, hot_entries
from syndication.publish.feeds import documents
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
articles = [article(n, tags=("fog", "ferry", "quay")) for n in range(12)]
entries = [article_entry(each, publication=PUBLICATION, content="full") for each in articles]
places = [HotEntry(n, f"Story {n}") for n in range(1, 7)]
hot = hot_entries(places, publication=PUBLICATION, edition_key="2026-W47", articles={}, at=NOON)
for made in (documents(channel(), entries), documents(channel(), hot)):
    for data in made.values():
        sys.stdout.buffer.write(data)
"""

SETTINGS = [
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Seoul", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "4242"},
    {"TZ": "Pacific/Apia", "LC_ALL": "ko_KR.UTF-8", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0"},
]


def test_the_bytes_are_the_same_under_any_zone_locale_and_hash_seed() -> None:
    root = Path(__file__).parents[2]
    builds = {
        subprocess.run(
            [sys.executable, "-c", code + BUILD],
            env={**os.environ, **changes, "PYTHONPATH": str(root)},
            cwd=root,
            check=True,
            capture_output=True,
        ).stdout
        for code, changes in zip(("", FOREIGN, "", FOREIGN), SETTINGS, strict=True)
    }
    (build,) = builds
    assert b"<pubDate>Wed, 18 Nov 2026 12:00:00 +0900</pubDate>" in build


def test_building_a_feed_never_touches_the_locale_of_the_process() -> None:
    # feedgen formats dates by setting the locale to C and back; another thread that formats meanwhile would see it.
    calls: list[str] = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is locale.setlocale.__code__:
            calls.append(str(frame.f_back))

    sys.setprofile(watch)
    try:
        documents(channel(), [entry(number) for number in range(3)])
    finally:
        sys.setprofile(None)
    assert calls == []


def publish_abroad(newsroom: Newsroom, changes: dict[str, str]) -> None:
    command = [sys.executable, "-c", PUBLISH, "--config", str(newsroom.config), "publish"]
    process = subprocess.run(command, env={**os.environ, **changes}, stderr=subprocess.PIPE, check=False)
    assert process.returncode == 0, process.stderr


async def test_two_builds_of_a_site_are_the_same_to_the_byte_wherever_and_whenever(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path / "one")
    for number in range(4):
        text = article(
            f"Fog {number}", f"2023-10-1{number} 10:00", "안개.", tags="[Fog, Sea]", author="Nari Ok"
        )
        newsroom.write(f"articles/{number}.md", text)
    await newsroom.run("2023-W41", send=False)
    shutil.rmtree(newsroom.folder / "feeds")
    other = Newsroom(Path(shutil.copytree(newsroom.folder, tmp_path / "two")))
    for each, changes in zip((newsroom, other), SETTINGS[1:3], strict=True):
        publish_abroad(each, changes)
    feeds = newsroom.files("feeds")
    assert b"<pubDate>Thu, 12 Oct 2023 10:00:00 +0900</pubDate>" in feeds["feeds/rss.xml"]
    assert not [name for name, data in feeds.items() if b"Oktober" in data]
    assert newsroom.files("feeds") == other.files("feeds")
    assert len(newsroom.files("feeds")) > 50
