"""Debian's smtp-sink, which others wrote: what it does wrong ends in the state that the docs' table of outcomes says."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.crash.runs import Run
from tests.doors.ports import free_port
from tests.flows.newsroom import PAGE, Newsroom

SINK = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
WEEK = "2023-W41"

pytestmark = [
    pytest.mark.skipif(SINK is None, reason="smtp-sink is not installed (Debian: postfix)"),
    pytest.mark.slow,
]


@asynccontextmanager
async def sink(*options: str) -> AsyncIterator[int]:
    """Run it on a free port, which it gives."""
    port = free_port()
    user = ("-u", "nobody") if os.getuid() == 0 else ()
    assert SINK is not None
    process = await asyncio.create_subprocess_exec(SINK, *user, *options, f"127.0.0.1:{port}", "100")
    try:
        async with asyncio.timeout(300):
            while not await listens(port):  # noqa: ASYNC110 - of another process, there is no event
                await asyncio.sleep(0.02)
        yield port
    finally:
        process.kill()
        await process.wait()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


@pytest.mark.parametrize(
    ("options", "state", "stage", "reply"),
    [
        (("-q", "."), "unknown", "dot", ""),  # the line breaks after the dot
        (("-Q", "."), "deferred", "dot", "421 "),
        (("-r", "RCPT"), "deferred", "rcpt", "450 "),
        (("-f", "."), "failed", "dot", "500 "),
        ((), "sent", "dot", "250 "),
    ],
)
async def test_what_smtp_sink_does_ends_in_the_state_of_the_table(
    tmp_path: Path, options: tuple[str, ...], state: str, stage: str, reply: str
) -> None:
    async with sink(*options) as port:
        room = Newsroom(tmp_path, smtp=f"smtp+plain://127.0.0.1:{port}")
        room.write("articles/ferry-bell.txt", PAGE)
        await room.subscribe("ann@example.com", "bo@example.com")
        ended = await Run.of(room, "run", "--week", WEEK).ended()
        assert ended.code == (0 if state == "sent" else 3)
        listed = await Run.of(room, "deliveries", WEEK).ended()
    rows = listed.out["deliveries"]
    assert [(row["state"], row["stage"]) for row in rows] == [(state, stage)] * 2
    assert all(row["reply"].startswith(reply) for row in rows)
