"""`make nightly KILLS=1000 SUBSCRIBERS=20000 SEED=1`: as many random kills as one likes, a hundred a list of subscribers.

A line a story, and a table at the end. The same seed chooses the same kills; where exactly a free-running process is at that instant
nobody chooses.
"""

import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.recorder import Recorder
from tests.crash.story import Judgement, Story
from tests.flows.newsroom import Newsroom

if TYPE_CHECKING:
    from tests.doors.databases import Postgres

pytest_plugins = ("tests.doors.databases",)

KILLS, SUBSCRIBERS, SEED = (int(os.environ[name]) for name in ("KILLS", "SUBSCRIBERS", "SEED"))
A_STORY = 100  # kills
CONNECTIONS = (1, 4, 8, 20)


async def test_any_number_of_kills_keeps_the_promise(tmp_path: Path, postgres: "Postgres") -> None:
    print(f"\n{KILLS} kills over {SUBSCRIBERS} subscribers, seed {SEED}")
    told: list[Judgement] = []
    while (left := KILLS - sum(each.kills.total() for each in told)) > 0:
        number = len(told) + 1
        chance = random.Random(f"{SEED} {number}")
        folder = tmp_path / str(number)
        folder.mkdir()
        began = time.monotonic()
        async with Recorder() as server:
            processes = chance.choice((1, 1, 2))
            room = Newsroom(folder, connections=chance.choice(CONNECTIONS), processes=processes)
            url = postgres.create() if number % 4 == 0 else ""
            story = await Story.of(room, server, SUBSCRIBERS, chance, url=url)
            await story.kill_often(min(left, A_STORY))
            told.append(await story.finish())
        kind = "PostgreSQL" if url else "SQLite"
        print(
            f"{number:4} {kind}, {processes} processes, {room.connections} connections: {said(told[-1])}, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    print_table(told)


def said(told: Judgement) -> str:
    return (
        f"{told.kills.total()} kills, {told.subscribers} subscribers, 0 lost, {told.duplicates} duplicates "
        f"to {told.twice} subscribers, all listed among {told.doubtful} in doubt"
    )


def print_table(told: list[Judgement]) -> None:
    kills: Counter[str] = sum((each.kills for each in told), Counter())
    print("\nkills")
    for name, number in kills.most_common():
        print(f"{number:8} {name}")
    print(f"{kills.total():8} in all")
    print(f"{sum(each.subscribers for each in told):8} subscribers")
    print(f"{0:8} lost")
    print(f"{sum(each.duplicates for each in told):8} duplicates")
    print(f"{sum(each.twice for each in told):8} subscribers with a duplicate, each listed")
    print(f"{sum(each.doubtful for each in told):8} subscribers listed as in doubt")
