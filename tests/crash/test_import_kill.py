"""A real import, killed."""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

import pytest

from syndication.flows.subscribers.import_file import SIZE
from tests.flows.newsroom import Newsroom

pytestmark = pytest.mark.slow


def count(store: Path) -> int:
    with sqlite3.connect(store, timeout=30) as connection:
        return int(connection.execute("SELECT count(*) FROM subscribers").fetchone()[0])


async def test_a_killed_import_has_taken_in_whole_blocks_and_the_same_file_again_takes_in_the_rest(
    tmp_path: Path,
) -> None:
    room, pipe, store = Newsroom(tmp_path), tmp_path / "list.csv", tmp_path / "var" / "syndicate.db"
    await room.subscribe("ann@readers.example")
    os.mkfifo(pipe)
    rows = [f"subscriber{number}@lists.example,{'note ' * 200}\n" for number in range(3_000)]
    text = f"email,notes\n{''.join(rows)}"
    assert SIZE < len(text) < 2 * SIZE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "syndication", "--config", str(room.config), "subscribers", "import", str(pipe)
    )
    out = await asyncio.to_thread(pipe.open, "w")  # the import waits for a second block, which never ends
    await asyncio.to_thread(out.write, text)
    async with asyncio.timeout(300):
        while count(store) == 1:  # noqa: ASYNC110 - of another process, there is no event
            await asyncio.sleep(0.05)
    process.kill()
    await process.wait()
    out.close()
    taken = count(store) - 1
    assert 0 < taken < len(rows)
    again = room.write("again.csv", text)
    done = await asyncio.to_thread(room.syndicate, "subscribers", "import", str(again))
    assert done.stdout == f"{len(rows) - taken:,} added, {taken:,} already there, 0 refused\n"
