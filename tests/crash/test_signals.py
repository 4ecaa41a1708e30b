"""Real processes that are asked to stop, or started twice."""

import random
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.crash.recorder import Recorder
from tests.crash.runs import Whom
from tests.crash.story import Story
from tests.flows.newsroom import Newsroom

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.doors.databases",)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_run_that_is_asked_to_stop_finishes_its_dots_and_the_next_sends_exactly_the_rest(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with Recorder() as server:
        story = await Story.of(Newsroom(tmp_path), server, 400, random.Random(1))
        run = story.start()
        await server.reached(50)
        run.send_signal(number)
        ended = await run.ended()
        assert (ended.code, ended.out["sent"]) == (3, len(server.accepted))
        assert len(server.accepted) < 400
        assert not await story.in_doubt()
        told = await story.finish()
        assert (told.duplicates, told.doubtful) == (0, 0)


async def test_a_signal_does_not_wait_for_a_server_that_says_nothing(tmp_path: Path) -> None:
    async with Recorder() as server:
        story = await Story.of(Newsroom(tmp_path), server, 3, random.Random(1))
        gate = server.hold("greeting")
        run = story.start()
        await gate.reached.wait()
        run.send_signal(signal.SIGTERM)
        ended = await run.ended(60)
    assert (ended.code, ended.out["queued"]) == (3, 3)


async def test_of_two_runs_at_once_one_sends_and_the_other_is_turned_away(tmp_path: Path) -> None:
    async with Recorder() as server:
        story = await Story.of(Newsroom(tmp_path), server, 3, random.Random(1))
        gate = server.hold("dot")
        first = story.start()
        await gate.reached.wait()
        second = await story.start().ended()
        assert second.code == 4
        assert second.out["error"]["message"].startswith("Another run is at work on mailing 2023-W41")
        assert first.strike(Whom.GROUP, story.chance)
        story.kills["while a second run was turned away"] += 1
        await first.ended()
        gate.open()
        await story.finish()


async def test_a_second_signal_ends_a_run_that_waits_for_a_locked_database(tmp_path: Path) -> None:
    async with Recorder() as server:
        story = await Story.of(Newsroom(tmp_path), server, 60, random.Random(1))
        gate = server.hold("dot", 10)
        run = story.start()
        await gate.full(story.room.connections)
        other = sqlite3.connect(tmp_path / "var/syndicate.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        gate.open()
        run.send_signal(signal.SIGTERM)
        await run.caught(signal.SIGTERM)
        run.send_signal(signal.SIGTERM)
        assert (await run.ended()).code == -signal.SIGTERM
        other.close()
        story.kills["by a second signal"] += 1
        await story.finish()
