"""Several sender processes and their run: all of them real, some of them killed."""

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.recorder import Recorder
from tests.crash.runs import Run, Whom, alive
from tests.crash.story import Story
from tests.flows.newsroom import Newsroom

pytestmark = pytest.mark.slow

SUBSCRIBERS = 2_000  # fewer are not worth two processes


async def two_senders(run: Run) -> list[int]:
    """Wait until the run has started them."""
    while len(found := run.children()) < 2:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
    return sorted(found)


async def gone(*processes: int) -> None:
    while any(map(alive, processes)):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)


def in_use(story: Story) -> int:
    """The connections of the batches that are being sent."""
    with closing(sqlite3.connect(story.room.folder / "var/syndicate.db")) as connection:
        (number,) = connection.execute("SELECT coalesce(sum(connections), 0) FROM batches").fetchone()
    return int(number)


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    async with Recorder() as server:
        yield await Story.of(Newsroom(tmp_path, processes=2), server, SUBSCRIBERS, random.Random(1))


@pytest.mark.parametrize("killed", [1, 2])
async def test_senders_that_are_killed_are_named_and_the_run_goes_on(story: Story, killed: int) -> None:
    gate = story.server.hold("dot", 300)
    run = story.start()
    both = await two_senders(run)
    await gate.reached.wait()
    while in_use(story) < story.room.connections:  # noqa: ASYNC110 - until both hold all they can; nobody tells
        await asyncio.sleep(0.01)
    for sender in both[:killed]:
        os.kill(sender, signal.SIGKILL)
        story.kills["a sender"] += 1
    story.server.gate = None
    gate.open()
    ended = await run.ended()
    assert (ended.code, ended.out["sent"], ended.out["incomplete"]) == (0, SUBSCRIBERS, False)
    assert ["was ended by SIGKILL" in line for line in ended.out["warnings"]] == [True] * killed
    await story.judge()


async def test_senders_end_with_a_killed_run_and_hold_its_lock_until_then(story: Story) -> None:
    gate = story.server.hold("dot", 300)
    run = story.start()
    both = await two_senders(run)
    await gate.reached.wait()
    run.strike(Whom.PARENT, story.chance)
    story.kills["the run alone"] += 1
    await run.ended()
    assert (await story.start().ended()).code == 4
    assert any(map(alive, both))
    gate.open()
    await gone(*both)
    assert len(story.server.accepted) <= 300 + story.room.connections
    assert not await story.in_doubt()
    told = await story.finish()
    assert (told.duplicates, told.doubtful) == (0, 0)


async def test_senders_that_die_before_their_first_mail_are_not_started_again(story: Story) -> None:
    gate = story.server.hold("greeting")
    run = story.start()
    for sender in await two_senders(run):
        os.kill(sender, signal.SIGKILL)
    story.server.gate = None
    gate.open()
    ended = await run.ended()
    assert (ended.code, ended.out["sent"], len(ended.out["warnings"])) == (0, SUBSCRIBERS, 2)


async def test_a_run_that_is_asked_to_stop_waits_for_its_senders(story: Story) -> None:
    gate = story.server.hold("dot", 300)
    run = story.start()
    both = await two_senders(run)
    await gate.reached.wait()
    run.send_signal(signal.SIGTERM)
    await run.caught(signal.SIGTERM)
    gate.open()
    ended = await run.ended()
    assert (ended.code, ended.out["sent"]) == (3, len(story.server.accepted))
    assert len(story.server.accepted) < SUBSCRIBERS
    assert not any(map(alive, both))
    assert not await story.in_doubt()
