"""Group commit by itself: who shares a commit, and what a failed or cancelled one does."""

import asyncio
from collections.abc import Sequence

import pytest

from syndication.store.group import GroupCommit


class Disk:
    """Takes one commit at a time, as slowly as the test lets it."""

    def __init__(self) -> None:
        self.commits: list[list[int]] = []
        self.fails = False
        self.free = asyncio.Event()

    async def commit(self, items: Sequence[int]) -> list[int]:
        self.commits.append(list(items))
        await self.free.wait()
        if self.fails:
            raise OSError("full")
        return [item * 10 for item in items]


async def turns() -> None:
    """Let every task go as far as it can: nothing here waits for anything but the others and `Disk.free`."""
    for _ in range(20):
        await asyncio.sleep(0)


def halved(item: int) -> int | None:
    return item // 2 or None


async def test_who_arrives_while_a_commit_runs_shares_the_next() -> None:
    disk = Disk()
    group = GroupCommit(disk.commit, keep=halved)
    first = asyncio.create_task(group.join(1))
    await turns()
    others = [asyncio.create_task(group.join(number)) for number in (2, 3, 4)]
    await turns()
    disk.free.set()
    assert [await first, *[await other for other in others]] == [10, 20, 30, 40]
    assert disk.commits == [[1], [2, 3, 4]]


async def test_a_failed_commit_fails_for_all_of_it_and_the_next_goes_on() -> None:
    disk = Disk()
    disk.free.set()
    disk.fails = True
    group = GroupCommit(disk.commit, keep=halved)
    answers = await asyncio.gather(group.join(1), group.join(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError, OSError]
    disk.fails = False
    assert await group.join(3) == 30


async def test_a_cancelled_caller_keeps_what_has_happened_already() -> None:
    disk = Disk()
    group = GroupCommit(disk.commit, keep=halved)
    waiting = [asyncio.create_task(group.join(number)) for number in (7, 8, 1)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    waiting[2].cancel()
    await turns()
    disk.free.set()
    assert await waiting[0] == 70
    await group.drained()
    assert [item for commit in disk.commits for item in commit] == [7, 4]  # half of 8 is kept, of 1 nothing
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]


async def test_draining_waits_for_what_was_asked_for() -> None:
    disk = Disk()
    group = GroupCommit(disk.commit, keep=halved)
    waiting = asyncio.create_task(group.join(5))
    await turns()
    draining = asyncio.create_task(group.drained())
    await turns()
    assert not draining.done()
    disk.free.set()
    await draining
    assert await waiting == 50
