"""Faults in the middle of sending: whatever breaks, the run ends, nobody is lost, and the next one sends the rest."""

import asyncio
import os
import random
import resource
import signal
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from syndication.domain.week import WeekKey
from syndication.flows.report import Report
from syndication.flows.sending.due import deliver_due
from syndication.flows.weekly import run_weekly
from tests.crash.recorder import Recorder
from tests.crash.runs import Run
from tests.crash.story import Story
from tests.doors.smtp_server import PIPELINING, Script, Step
from tests.flows.newsroom import PAGE, Newsroom, hurried

if TYPE_CHECKING:
    from tests.doors.databases import Postgres

pytestmark = pytest.mark.slow

pytest_plugins = ("tests.doors.databases",)

SUBSCRIBERS = 40
WEEK = "2023-W41"


async def frozen(folder: Path, server: Recorder | Script, *, subscribers: int = SUBSCRIBERS) -> Newsroom:
    """An edition that is published; nothing of it is sent yet."""
    room = Newsroom(folder)
    room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*(f"subscriber{number}@example.com" for number in range(subscribers)))
    await room.run(WEEK, send=False)
    return room


def times(server: Recorder | Script) -> Counter[str]:
    if isinstance(server, Script):
        return Counter(taken.recipient for taken in server.taken)
    return Counter(taken.recipient for taken in server.accepted)


async def test_a_disk_that_fills_up_in_the_middle_stops_the_mail_and_loses_nobody(tmp_path: Path) -> None:
    async with Recorder() as server:
        room = await frozen(tmp_path, server, subscribers=400)
        most = (tmp_path / "var/syndicate.db").stat().st_size  # what the log of changes may grow to
        full = await asyncio.to_thread(
            room.syndicate,
            "deliver",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        )
        assert (full.returncode, "Traceback" in full.stderr) == (5, False), full.stderr
        assert 0 < len(server.accepted) < 400
        rest = await Run.of(room, "run", "--week", WEEK).ended()
        assert rest.code == 0, rest
        assert len(times(server)) == 400
        assert times(server).total() - 400 <= room.connections
        assert rest.out["unknown"] <= 2 * room.connections


async def test_a_ledger_that_another_process_locks_for_a_while_is_waited_for(tmp_path: Path) -> None:
    async with Recorder() as server:
        room = await frozen(tmp_path, server)
        gate = server.hold("dot", 10)
        sending = asyncio.create_task(room.deliver())
        await gate.full(room.connections)
        other = sqlite3.connect(tmp_path / "var/syndicate.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        gate.open()
        await asyncio.sleep(0.5)
        assert len(server.accepted) <= 10 + room.connections  # none without its mark
        other.execute("ROLLBACK")
        other.close()
        (report,) = await sending
        assert (report.sent, report.unknown) == (SUBSCRIBERS, 0)
    assert set(times(server).values()) == {1}


async def test_a_postgresql_server_that_goes_away_in_the_middle_stops_the_mail_and_loses_nobody(
    tmp_path: Path, postgres: "Postgres"
) -> None:
    url = postgres.create()
    name = urlsplit(url).path[1:]
    async with Recorder() as server:
        story = await Story.of(Newsroom(tmp_path), server, SUBSCRIBERS, random.Random(1), url=url)
        gate = server.hold("dot", 10)
        run = story.start()
        await gate.full(story.room.connections)
        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        gate.open()
        ended = await run.ended()
        assert (ended.code, ended.out["error"]["code"]) == (5, "store")
        assert len(server.accepted) == 10 + story.room.connections  # none without its mark

        postgres.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        story.kills["the database gone"] += 1
        told = await story.finish()
        assert told.duplicates == story.room.connections


async def test_a_network_that_goes_away_in_the_middle_costs_nobody_the_mail(tmp_path: Path) -> None:
    async with Recorder() as server:
        room = await frozen(tmp_path, server)
        gate = server.hold("dot", 10)
        async with hurried(room, times=10) as app:
            sending = asyncio.create_task(deliver_due(app, None))
            await gate.full(room.connections)
            await server.vanish()
            (report,) = await asyncio.wait_for(sending, 300)
        assert (report.incomplete, report.sent, report.unknown) == (True, 10, room.connections)

        server.gate = None
        await server.come_back()
        room.later(hours=1)
        (report,) = await room.deliver()
        assert (report.incomplete, report.sent) == (False, SUBSCRIBERS - 10)
    assert times(server) == {f"subscriber{number}@example.com": 1 for number in range(SUBSCRIBERS)}


@pytest.mark.parametrize("jump", [{"days": 1}, {"hours": -1}], ids=["a day on", "an hour back"])
async def test_a_clock_that_jumps_in_the_middle_loses_and_repeats_nothing(
    tmp_path: Path, jump: dict[str, float]
) -> None:
    async with Recorder() as server:
        room = await frozen(tmp_path, server)
        gate = server.hold("dot", 10)
        sending = asyncio.create_task(room.deliver())
        await gate.full(room.connections)
        room.later(**jump)
        gate.open()
        await asyncio.wait_for(sending, 300)
        room.later(hours=2)
        (report,) = await room.deliver() or [Report(edition="")]
        assert not report.incomplete
    assert times(server) == {f"subscriber{number}@example.com": 1 for number in range(SUBSCRIBERS)}


async def test_a_server_that_never_answers_a_dot_does_not_keep_a_run_that_is_asked_to_stop(
    tmp_path: Path,
) -> None:
    async with Recorder() as server:
        room = await frozen(tmp_path, server)
        gate = server.hold("dot", 10)
        async with room.app() as app:
            impatient = replace(app, delivery=replace(app.delivery, grace=0.2))
            sending = asyncio.create_task(run_weekly(impatient, WeekKey.parse(WEEK)))
            await gate.full(room.connections)
            os.kill(os.getpid(), signal.SIGTERM)
            report = await asyncio.wait_for(sending, 300)
        assert (report.incomplete, report.sent) == (True, 10)
        gate.open(cuts=True)
        (report,) = await room.deliver()
        assert (report.incomplete, report.sent, report.unknown) == (False, SUBSCRIBERS - 10, room.connections)
    assert times(server) == {f"subscriber{number}@example.com": 1 for number in range(SUBSCRIBERS)}


async def test_greylisting_of_everybody_is_waited_out(tmp_path: Path) -> None:
    grey = [Step("451 4.7.1 greylisted, come back later")] * SUBSCRIBERS
    async with Script({"rcpt": grey}) as server:
        room = await frozen(tmp_path, server)
        (report,) = await room.deliver()
        assert (report.sent, report.deferred, report.failed, report.incomplete) == (0, SUBSCRIBERS, 0, True)
        assert server.dots == []
        room.later(minutes=4)
        assert (await room.deliver())[0].sent == 0  # five minutes at least
        room.later(minutes=4)
        (report,) = await room.deliver()
        assert (report.sent, report.incomplete) == (SUBSCRIBERS, False)
    assert set(times(server).values()) == {1}


@pytest.mark.parametrize("moment", ["greeting", "dot"])
async def test_a_storm_of_421_ends_and_loses_nobody(tmp_path: Path, moment: str) -> None:
    storm = [Step("421 4.7.0 too many connections from your address", close=True)] * 4
    async with Script({moment: storm}, extensions=(PIPELINING,)) as server:
        room = await frozen(tmp_path, server)
        (report,) = await asyncio.wait_for(room.deliver(), 300)
        assert report.failed == 0
        for _ in range(40):
            room.later(hours=1)
            reports = await asyncio.wait_for(room.deliver(), 300)
            if not reports or not reports[0].incomplete:
                break
        assert times(server) == {f"subscriber{number}@example.com": 1 for number in range(SUBSCRIBERS)}
