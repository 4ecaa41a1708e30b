"""Several sender processes and their run: all of them real, some of them killed."""

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.recorder import Recorder
from tests.crash.senders import gone, senders, started
from tests.crash.test_kill import in_doubt, start
from tests.crash.test_signals import finished, site
from tests.flows.newsroom import Newsroom

pytest_plugins = ("tests.doors.databases",)

READERS = 2_000  # fewer are not worth two processes
CONNECTIONS = 4


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = await site(tmp_path, READERS)
    room.configure(processes=2)
    return room


async def mailed(server: Recorder, room: Newsroom, doubts: int) -> None:
    """Everybody has it, and nobody twice but those who are listed, `doubts` at most."""
    times = Counter(taken.recipient for taken in server.accepted)
    twice = {reader for reader, number in times.items() if number > 1}
    assert len(times) == READERS
    assert times.total() - READERS <= doubts
    assert not twice or twice <= await in_doubt(room)


async def test_a_sender_that_is_killed_is_named_and_the_run_goes_on(newsroom: Newsroom) -> None:
    async with Recorder() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        run = await start(newsroom)
        one, other = await started(run.pid, 2)
        await server.reached(300)
        os.kill(one, signal.SIGKILL)
        code, out = await finished(run)
        report = json.loads(out)
        assert (code, report["sent"], report["incomplete"]) == (0, READERS, False)
        (warning,) = report["warnings"]
        assert "was ended by SIGKILL" in warning
        assert not senders(run.pid)
        await gone(one, other)
        await mailed(server, newsroom, CONNECTIONS)


async def test_senders_end_with_a_killed_run_and_hold_its_lock_until_then(newsroom: Newsroom) -> None:
    async with Recorder() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        run = await start(newsroom)
        one, other = await started(run.pid, 2)
        await server.reached(300)
        os.kill(one, signal.SIGSTOP)
        run.kill()
        await run.wait()
        await gone(other)
        sent = len(server.accepted)
        code, _ = await finished(await start(newsroom))
        assert (code, len(server.accepted)) == (4, sent)
        os.kill(one, signal.SIGCONT)
        await gone(one)
        assert len(server.accepted) <= sent + CONNECTIONS
        assert not await in_doubt(newsroom)

        code, _ = await finished(await start(newsroom))
        assert code == 0
        await mailed(server, newsroom, 0)


async def test_senders_that_die_before_their_first_mail_are_not_started_again(newsroom: Newsroom) -> None:
    async with Recorder() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        run = await start(newsroom)
        for sender in await started(run.pid, 2):
            os.kill(sender, signal.SIGKILL)
        code, out = await finished(run)
        assert (code, json.loads(out)["sent"], len(json.loads(out)["warnings"])) == (0, READERS, 2)
        await mailed(server, newsroom, 0)


async def test_a_run_that_is_asked_to_stop_waits_for_its_senders(tmp_path: Path, database_url: str) -> None:
    url = database_url.replace(":@", "@")  # the test server's address has an empty password
    room = await site(tmp_path, READERS, more=f'[store]\nurl = "{url}"\n')
    async with Recorder() as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}", processes=2)
        run = await start(room)
        both = await started(run.pid, 2)
        await server.reached(300)
        run.terminate()
        run.send_signal(signal.SIGINT)
        code, out = await finished(run)
        assert (code, json.loads(out)["sent"]) == (3, len(server.accepted))
        assert len(server.accepted) < READERS
        await asyncio.wait_for(gone(*both), 1)
        assert not await in_doubt(room)

        code, out = await finished(await start(room))
        assert (code, json.loads(out)["warnings"]) == (0, [])
        await mailed(server, room, 0)
