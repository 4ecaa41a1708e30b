"""Real processes that are asked to stop, killed at chosen places, or started twice."""

import asyncio
import json
import signal
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.recorder import Recorder
from tests.crash.test_kill import in_doubt, start
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom

pytest_plugins = ("tests.doors.databases",)

MANY = 30_000  # readers: their freeze is far larger than SQLite's cache, and takes a good part of a second


async def site(folder: Path, readers: int, *, more: str = "") -> Newsroom:
    room = Newsroom(folder, connections=4, more=more)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*(f"reader{number}@example.com" for number in range(readers)))
    return room


async def finished(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_run_that_is_asked_to_stop_finishes_its_dots_and_the_next_sends_exactly_the_rest(
    tmp_path: Path, number: signal.Signals
) -> None:
    room = await site(tmp_path, 400)
    async with Recorder() as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        process = await start(room)
        await server.reached(50)
        process.send_signal(number)
        code, out = await finished(process)
        assert (code, json.loads(out)["sent"]) == (3, len(server.accepted))
        assert len(server.accepted) < 400
        assert not await in_doubt(room)

        code, out = await finished(await start(room))
        assert (code, json.loads(out)["unknown"]) == (0, 0)
        assert set(Counter(taken.recipient for taken in server.accepted).values()) == {1}
        assert len(server.accepted) == 400


async def test_a_signal_does_not_wait_for_a_server_that_says_nothing(tmp_path: Path) -> None:
    room = await site(tmp_path, 3)
    async with Script({"greeting": [Step("", hang=True)] * 9}) as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        process = await start(room)
        await server.reached["greeting"].wait()
        process.terminate()
        code, out = await finished(process)
    assert (code, json.loads(out)["queued"]) == (3, 3)


async def test_of_two_runs_at_once_one_sends_and_the_other_is_turned_away(tmp_path: Path) -> None:
    room = await site(tmp_path, 3)
    async with Script({"dot": [Step("", hang=True)]}) as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        first = await start(room)
        await server.reached["dot"].wait()
        code, out = await finished(await start(room))
        assert code == 4
        assert json.loads(out)["error"]["message"].startswith("Another run is at work on mailing 2023-W41")
        first.kill()
        await first.wait()
        code, out = await finished(await start(room))
    assert (code, json.loads(out)["incomplete"]) == (0, False)
    assert sorted(Counter(taken.recipient for taken in server.taken).values()) == [1, 1, 1]


async def test_a_run_killed_while_it_freezes_has_frozen_nothing(tmp_path: Path) -> None:
    room = await site(tmp_path, MANY)
    process = await start(room)
    wal = room.folder / "var/syndicate.db-wal"
    while not wal.exists() or wal.stat().st_size < 2_500_000:
        assert process.returncode is None
        await asyncio.sleep(0.002)
    process.kill()
    await process.wait()
    assert count(room, "editions") == count(room, "deliveries") == 0

    code, out = await finished(await start(room, "--no-send"))
    assert (code, json.loads(out)["articles"]) == (0, 1)
    assert (count(room, "editions"), count(room, "deliveries")) == (1, MANY)


def count(room: Newsroom, table: str) -> int:
    connection = sqlite3.connect(room.folder / "var/syndicate.db")
    try:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()
    return number


async def test_a_run_killed_while_it_publishes_publishes_again_and_then_sends(tmp_path: Path) -> None:
    upload = '[publish]\nafter = ["sh", "-c", "echo >> uploads; test -e quick || exec sleep 60"]\n'
    room = await site(tmp_path, 3, more=upload)
    process = await start(room)
    while not (room.folder / "uploads").exists():
        assert process.returncode is None
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    assert room.mails() == []

    room.write("quick", "")
    code, out = await finished(await start(room))
    assert (code, json.loads(out)["sent"], (room.folder / "uploads").read_text()) == (0, 3, "\n\n")


async def test_a_kill_loses_nobody_on_either_database(tmp_path: Path, database_url: str) -> None:
    url = database_url.replace(":@", "@")  # the test server's address has an empty password
    room = await site(tmp_path, 300, more=f'[store]\nurl = "{url}"\n')
    async with Recorder() as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        for accepted in (60, 170):
            process = await start(room)
            await server.reached(accepted)
            process.kill()
            await process.wait()
        code, _ = await finished(await start(room))
        assert code == 0
        times = Counter(taken.recipient for taken in server.accepted)
        assert len(times) == 300
        assert {reader for reader, number in times.items() if number > 1} <= await in_doubt(room)
        assert times.total() - 300 <= 2 * room.connections
