"""What a power cut may find: every file is on the disk before it has its name, and its name before anything leads to it."""

import asyncio
import json
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.flows.newsroom import Newsroom, article

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# The real calls, told of one by one: which file or folder went to the disk, with how many bytes, and which file got its name.
WATCHED = """
import json, os, sys, threading
log, lock, fsync = open(sys.argv.pop(1), "w"), threading.Lock(), os.fsync
def told(*words):
    with lock:
        print(json.dumps(words), file=log, flush=True)
def watched(descriptor):
    fsync(descriptor)
    facts = os.fstat(descriptor)
    told("fsync", facts.st_ino, facts.st_size)
def watch(event, arguments):
    if event == "os.rename":
        told("rename", os.stat(arguments[0]).st_ino, str(arguments[1]))
os.fsync = watched
sys.addaudithook(watch)
from syndication.cli import main
main()
"""


class Event(NamedTuple):
    what: str
    inode: int
    more: object  # bytes of what went to the disk; the new name of a renamed file


async def events(newsroom: Newsroom) -> list[Event]:
    """What a publish does, in its order."""
    log = newsroom.folder / "log"
    command = (sys.executable, "-c", WATCHED, str(log), "--config", str(newsroom.config), "publish")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    return [Event(*json.loads(line)) for line in log.read_text().splitlines()]


async def test_files_are_on_the_disk_before_their_names_and_pages_before_the_feeds_that_lead_to_them(
    tmp_path: Path,
) -> None:
    newsroom = Newsroom(tmp_path)
    for number in range(3):
        text = article(f"Fog {number}", f"2023-10-1{number} 10:00", tags="[Fog]")
        newsroom.write(f"articles/{number}.md", text)
    collected = newsroom.syndicate("collect")
    assert collected.returncode == 0, collected.stderr
    done = await events(newsroom)

    root = tmp_path / "feeds"
    named = {Path(str(event.more)): place for place, event in enumerate(done) if event.what == "rename"}
    assert named.keys() == {path for path in root.rglob("*.*") if path.is_file()}
    for path, place in named.items():
        facts = path.stat()
        assert Event("fsync", facts.st_ino, facts.st_size) in done[:place], path
    kept = {
        folder: [place for place, event in enumerate(done) if event[:2] == ("fsync", folder.stat().st_ino)]
        for folder in {folder for path in named for folder in path.parents if folder.is_relative_to(root)}
    }
    for path, place in named.items():
        for folder in path.parents[: len(path.relative_to(root).parts)]:
            assert any(later > place for later in kept[folder]), f"the name of {path} in {folder}"
    last_page = max(named[path] for path in (root / "articles").iterdir())
    first_feed = min(named[path] for path in root.rglob("rss.xml"))
    assert any(last_page < kept_at < first_feed for kept_at in kept[root / "articles"])
