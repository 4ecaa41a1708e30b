"""Runs that freeze (SIGSTOP: a suspended machine, a stuck disk) and thaw when somebody else may have done their work."""

import random
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.crash.recorder import Moment, Recorder
from tests.crash.story import Story, store
from tests.flows.newsroom import Newsroom

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.doors.databases",)


async def test_a_frozen_run_keeps_its_lock_and_goes_on_when_it_thaws(tmp_path: Path) -> None:
    async with Recorder() as server:
        story = await Story.of(Newsroom(tmp_path), server, 60, random.Random(1))
        gate = server.hold("dot", 10)
        first = story.start()
        await gate.reached.wait()
        first.send_signal(signal.SIGSTOP)
        gate.open()
        assert (await story.start().ended()).code == 4
        first.send_signal(signal.SIGCONT)
        ended = await first.ended()
        assert (ended.code, ended.out["sent"]) == (0, 60)
        told = await story.judge()
        assert (told.duplicates, told.doubtful) == (0, 0)


@pytest.mark.parametrize("moment", ["mail", "dot"])
async def test_a_run_that_thaws_after_its_lease_writes_no_mail_that_another_host_has_sent(
    tmp_path: Path, database_url: str, moment: Moment
) -> None:
    """But for those on the wire when it froze: one a connection, each listed."""
    async with Recorder() as server:
        room = Newsroom(tmp_path / "here")
        story = await Story.of(room, server, 60, random.Random(1), url=database_url)
        gate = server.hold(moment, 0 if moment == "mail" else 10)
        first = story.start()
        await gate.full(room.connections)
        first.send_signal(signal.SIGSTOP)
        gate.open()

        server.run += 1
        (report,) = await elsewhere(room, tmp_path / "there", database_url).deliver()
        assert report.sent > 60 - 10 - room.connections
        first.send_signal(signal.SIGCONT)
        ended = await first.ended()
        assert (ended.code, ended.out["incomplete"]) == (0, False)
        story.kills["frozen beyond its lease"] += 1
        told = await story.judge()
        assert told.doubtful == room.connections


def elsewhere(room: Newsroom, folder: Path, url: str) -> Newsroom:
    """The same newsroom on another host, two hours later: a site of its own is a host of its own."""
    other = Newsroom(folder, now=datetime.now(UTC) + timedelta(hours=2), smtp=room.smtp, more=store(url))
    (folder / "var").mkdir()
    shutil.copy(room.folder / "var/secret.keys", folder / "var/secret.keys")
    return other


async def test_a_run_whose_connections_broke_while_it_was_frozen_knows_what_it_does_not_know(
    tmp_path: Path,
) -> None:
    async with Recorder() as server:
        room = Newsroom(tmp_path)
        story = await Story.of(room, server, 60, random.Random(1))
        gate = server.hold("dot", 10)
        run = story.start()
        await gate.full(room.connections)
        run.send_signal(signal.SIGSTOP)
        gate.open(cuts=True)
        await server.quiet()
        run.send_signal(signal.SIGCONT)
        ended = await run.ended()
        assert (ended.code, ended.out["queued"]) == (3, 0)
        assert ended.out["unknown"] == room.connections

        room.now = datetime.now(UTC) + timedelta(hours=1)
        await room.deliver()
        story.kills["connections cut"] += 1
        told = await story.judge()
        assert (told.duplicates, told.doubtful) == (0, ended.out["unknown"])
