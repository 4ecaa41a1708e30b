"""A publish that is killed at any file leaves each old or new, and the next one ends with what an undisturbed one makes."""

import asyncio
import gzip
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lxml import etree

from syndication.flows.publishing.publish import run_publish
from tests.flows.newsroom import Newsroom
from tests.flows.test_older import DESK, piece

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# The interpreter tells of every rename before it is made: the nth is where the process dies.
KILLED = """
import os, signal, sys
left = int(sys.argv.pop(1))
def watch(event, _):
    global left
    if event == "os.rename":
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from syndication.cli import main
main()
"""


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


async def collected(newsroom: Newsroom, *numbers: int, text: str = "As it was.") -> None:
    newsroom.later(hours=1)
    async with newsroom.app() as app:
        pieces = [piece(number, text) for number in numbers]
        await app.store.articles.merge(
            DESK,
            pieces,
            others=(),
            now=newsroom.now,
            mint=lambda: f"tag:{newsroom.moment.new_id()}",
            backlog=lambda _: "",
        )


async def killed(newsroom: Newsroom, renames: int) -> int:
    """Publish as a process that dies before that rename; its exit status."""
    command = (sys.executable, "-c", KILLED, str(renames), "--config", str(newsroom.config), "publish")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


async def finished(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        await run_publish(app)


def whole(path: Path) -> None:
    """Raises when the file is half of one."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data, path = gzip.decompress(data), path.with_suffix("")
    if path.suffix == ".xml":
        etree.fromstring(data)
    elif path.suffix == ".json":
        json.loads(data)
    elif path.suffix == ".html":
        assert data.rstrip().endswith(b"</html>")


@contextmanager
def polled(folder: Path) -> Iterator[list[str]]:
    """Subscribers that ask for the main feeds all the time; yields what they could not read."""
    wrong: list[str] = []
    done = threading.Event()

    def poll() -> None:
        while not done.wait(0.01):
            for name in ("rss.xml", "rss.xml.gz", "atom.xml", "older/feed.json"):
                if (folder / name).exists():
                    try:
                        whole(folder / name)
                    except (etree.XMLSyntaxError, ValueError, EOFError, OSError) as error:
                        wrong.append(f"{name}: {error}")

    subscriber = threading.Thread(target=poll)
    subscriber.start()
    try:
        yield wrong
    finally:
        done.set()
        subscriber.join()


async def test_a_publish_that_is_killed_again_and_again_leaves_whole_files_and_comes_to_the_same_end(
    newsroom: Newsroom,
) -> None:
    await collected(newsroom, *range(130))
    root = newsroom.folder / "feeds"
    with polled(root) as wrong:
        for renames in (2, 11, 19):  # of forty
            assert await killed(newsroom, renames) == -9
            for path in root.rglob("*.*"):
                if not path.name.endswith(".new"):
                    whole(path)
        await finished(newsroom)
        await collected(newsroom, 3, 130, text="As it is now.")
        assert await killed(newsroom, 5) == -9
        await finished(newsroom)
    assert wrong == []
    assert "As it is now." in (root / "rss.xml").read_text()
    async with newsroom.app() as app:
        assert not (await run_publish(app, check=True)).damaged
        before = newsroom.files("feeds")
        assert (await run_publish(app, full=True)).changed == 0
    assert newsroom.files("feeds") == before
    assert not [name for name in before if name.endswith(".new")]
