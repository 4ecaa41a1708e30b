"""The promise, with a real process and SIGKILL: nobody is lost, and who is mailed twice is listed by name, at most one a connection."""

import asyncio
import json
import random
import sys
from collections import Counter
from pathlib import Path

from tests.crash.recorder import Recorder
from tests.flows.newsroom import PAGE, Newsroom

READERS = 2_000
CONNECTIONS = 8
KILLS = 5


async def test_a_run_killed_at_random_loses_nobody_and_names_whom_it_mailed_twice(tmp_path: Path) -> None:
    chance = random.Random(20261122)
    room = Newsroom(tmp_path, connections=CONNECTIONS)
    room.write("articles/ferry-bell.txt", PAGE)
    readers = [f"reader{number}@example.com" for number in range(READERS)]
    await room.subscribe(*readers)

    async with Recorder() as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        for kill in range(KILLS):
            process = await start(room)
            await server.reached(min(len(server.accepted) + chance.randrange(1, 400), READERS - KILLS + kill))
            await asyncio.sleep(chance.random() / 50)
            process.kill()
            await process.wait()
        process = await start(room)
        out, _ = await process.communicate()
        assert process.returncode == 0, out

        listed = await in_doubt(room)
        times = Counter(taken.recipient for taken in server.accepted)
        twice = {reader for reader, number in times.items() if number > 1}
        assert set(times) == set(readers)
        assert twice <= listed
        assert sum(times.values()) - READERS <= KILLS * CONNECTIONS
        # A process dies at any instant, but of a connection's rows only the one on the wire and the one marked behind it are in doubt.
        assert len(listed) <= 2 * KILLS * CONNECTIONS
        for reader in twice:
            copies = {
                (taken.message_id, taken.digest) for taken in server.accepted if taken.recipient == reader
            }
            assert len(copies) == 1
        assert len({taken.message_id for taken in server.accepted}) == READERS

        again = await start(room)
        out, _ = await again.communicate()
        assert json.loads(out)["sent"] == 0


async def start(room: Newsroom, *options: str) -> asyncio.subprocess.Process:
    command = (
        sys.executable,
        "-m",
        "syndication",
        "--config",
        str(room.config),
        "run",
        "--week",
        "2023-W41",
        "--json",
        *options,
    )
    return await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )


async def in_doubt(room: Newsroom) -> set[str]:
    process = await asyncio.to_thread(room.syndicate, "status", "2023-W41", "--json")
    (edition,) = json.loads(process.stdout)["editions"]
    return {row["email"] for row in edition["rows"] if row["unknown"]}
