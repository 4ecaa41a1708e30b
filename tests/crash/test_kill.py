"""The promise, with real processes and SIGKILL: nobody is lost, and who is mailed twice is listed by name, at most one a connection."""

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.recorder import Recorder
from tests.crash.runs import Run, Whom
from tests.crash.stalls import Stall, Stalled
from tests.crash.story import POINTS, WEEK, Story, store
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.doors.databases",)


async def test_a_run_killed_at_random_loses_nobody_and_names_whom_it_mailed_twice(tmp_path: Path) -> None:
    async with Recorder() as server:
        room = Newsroom(tmp_path, connections=8)
        story = await Story.of(room, server, 2_000, random.Random(20261122))
        await story.kill_often(12)
        await story.finish()
    assert story.kills.total() == 12


async def test_a_run_killed_at_each_point_of_a_mails_way_keeps_the_promise(
    tmp_path: Path, database_url: str
) -> None:
    async with Recorder() as server:
        room = Newsroom(tmp_path, connections=4)
        story = await Story.of(room, server, 300, random.Random(20261122), url=database_url)
        for name in POINTS:
            assert await story.kill(name, passes=story.chance.randrange(12)), name
        await story.finish()
    assert story.kills.total() == len(POINTS)


async def test_whoever_is_in_doubt_after_a_kill_is_held_where_the_operator_decides(tmp_path: Path) -> None:
    async with Recorder() as server:
        room = Newsroom(tmp_path, connections=4, wait='0s"\non_unknown = "hold')
        story = await Story.of(room, server, 40, random.Random(20261122))
        assert await story.kill("after the dot, before the reply", passes=10)
        ended = await story.start().ended()
        listed = await story.in_doubt()
        assert (ended.code, ended.out["queued"], ended.out["deferred"]) == (3, 0, 0)
        assert ended.out["unknown"] == len(listed) > 0
        times = Counter(taken.recipient for taken in server.accepted)
        assert set(times.values()) == {1}
        assert set(story.subscribers) - set(times) <= listed  # nobody is lost without a name


async def test_a_run_killed_after_a_refusal_has_suppressed_the_dead_address(
    tmp_path: Path, database_url: str
) -> None:
    room = Newsroom(tmp_path, connections=1)
    room.write("articles/ferry-bell.txt", PAGE)
    async with Script({"rcpt": [Step("550 5.1.1 nobody here")]}) as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}", more=store(database_url))
        await room.subscribe("ann@example.com", "bo@example.com")
        in_finish = Stalled(database_url, Stall("DELETE", "batches"))
        await struck(Run.of(room, "run", "--week", WEEK), in_finish)
    shown = (await Run.of(room, "subscribers", "show", "ann@example.com").ended()).out
    assert (shown["consent"], [event["source"] for event in shown["bounces"]]) == ("bounced", ["smtp"])


async def test_a_run_killed_while_it_freezes_has_frozen_nothing(tmp_path: Path, database_url: str) -> None:
    room = Newsroom(tmp_path)
    room.configure(more=store(database_url))
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*(f"subscriber{number}@example.com" for number in range(40)))
    stalled = Stalled(database_url, Stall("INSERT", "deliveries", "NEW.email = 'subscriber30@example.com'"))
    await struck(Run.of(room, "run", "--week", WEEK), stalled)
    before = await Run.of(room, "status").ended()
    assert before.out["editions"] == []

    ended = await Run.of(room, "run", "--week", WEEK).ended()
    assert (ended.code, ended.out["articles"], ended.out["sent"]) == (0, 1, 40)
    assert len(room.mails()) == 40


async def test_a_run_killed_while_it_publishes_publishes_again_and_then_sends(
    tmp_path: Path, database_url: str
) -> None:
    room = Newsroom(tmp_path)
    upload = '[publish]\nafter = ["sh", "-c", "test -e quick; slow=$?; echo >> uploads; test $slow = 0 || exec sleep 3600"]\n'
    room.configure(more=store(database_url) + upload)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe("reader@example.com")
    run = Run.of(room, "run", "--week", WEEK)
    while not (room.folder / "uploads").exists():
        assert run.going
        await asyncio.sleep(0.01)
    run.strike(Whom.PARENT, random.Random())  # its upload lives on, and keeps no lock
    await run.ended()

    try:
        room.write("quick", "")
        marked = Stalled(database_url, Stall("UPDATE OF published", "editions"))
        await struck(Run.of(room, "run", "--week", WEEK), marked)
        assert room.mails() == []
        ended = await Run.of(room, "run", "--week", WEEK).ended()
        assert (ended.code, ended.out["sent"], (room.folder / "uploads").read_text()) == (0, 1, "\n\n\n")
    finally:
        os.killpg(run.pid, signal.SIGKILL)


async def struck(run: Run, stalled: Stalled) -> None:
    """Kill the run where its database holds it."""
    async with asyncio.timeout(300):
        while not await stalled.holds(run.pid):
            assert run.going
            await asyncio.sleep(0.01)  # the mail server is in this loop
    run.strike(Whom.GROUP, random.Random())
    await run.ended()
    stalled.lift()
