"""Sender processes: what each is given, what it tells, and what becomes of one that cannot work."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syndication import logs
from syndication.cli import output
from syndication.errors import StoreError
from syndication.flows.app import App
from syndication.flows.progress import NONE, Silent
from syndication.flows.sending.batch import Sending
from syndication.flows.sending.processes import ROWS, process_count, send_in_processes
from syndication.wiring.app import open_app
from tests.crash.runs import below
from tests.flows.newsroom import PAGE, Newsroom

pytestmark = pytest.mark.slow

SUBSCRIBERS = tuple(f"subscriber{number}@example.com" for number in range(6))
WAITING = (
    sys.executable,
    "-c",
    "import sys; sys.stdin.read()",
    "sender",
)  # opens nothing of its own, and stays


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path, processes=2)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*SUBSCRIBERS)
    await room.run("2023-W41", send=False)
    return room


@asynccontextmanager
async def sending(app: App) -> AsyncIterator[tuple[Sending, int]]:
    """A mailing that is about to be sent, and its lock."""
    (mailing,) = await app.store.editions.open_mailings()
    with app.locks(f"mailing {mailing}") as lock:
        async with app.open_pool() as pool:
            yield Sending(app, mailing, pool, total=len(SUBSCRIBERS)), lock


def senders_of(process: int) -> list[int]:
    """Those that are more than a copy of it already."""
    return [each for each in below(process) if b"\0sender\0" in Path(f"/proc/{each}/cmdline").read_bytes()]


def files(process: int) -> dict[int, str]:
    """What the process has open: descriptor → path, or the kind and number of a pipe or socket."""
    found = {}
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found[int(link.name)] = str(link.readlink())
    return found


class Kept(Silent):
    """Remembers how far it has come."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, dict[str, int]]] = []

    def count(self, task: str, done: int, total: int, outcomes: Any = NONE) -> None:
        assert task == "sending"
        self.seen.append((done, total, dict(outcomes)))


async def test_two_processes_mail_everybody_once_and_show_one_progress(newsroom: Newsroom) -> None:
    kept = Kept()
    async with (
        open_app(str(newsroom.config), progress=kept, moment=newsroom.moment) as app,
        sending(app) as (both, lock),
    ):
        await send_in_processes(both, 2, lock)
        assert (both.done, both.warnings, both.single_process) == (6, [], False)
    assert Counter(mail.split(b"\r\nTo: ")[1].split(b"\r\n")[0] for mail in newsroom.mails()) == Counter(
        subscriber.encode() for subscriber in SUBSCRIBERS
    )
    assert kept.seen[-1] == (6, 6, {"sent": 6})


async def test_the_log_of_the_processes_is_in_the_log_of_the_run(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json", verbose=True)
    try:
        async with newsroom.app() as app, sending(app) as (both, lock):
            await send_in_processes(both, 2, lock)
            assert (both.done, both.warnings) == (6, [])
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logs.configure()
    claimed = [line for line in lines if line["event"] == "batch claimed"]
    assert sum(line["rows"] for line in claimed) == 6
    assert {line["sender"] for line in claimed} <= {"1", "2"}
    assert len({line["run"] for line in lines}) == 1


def test_a_sender_has_nothing_open_of_the_run_but_its_pipes_and_the_lock(newsroom: Newsroom) -> None:
    before = files(os.getpid())

    async def both_of_them() -> tuple[int, dict[int, str], list[dict[int, str]]]:
        async with newsroom.app() as app, sending(app) as (both, lock):
            both.app = replace(app, sender=lambda _: WAITING)
            going = asyncio.create_task(send_in_processes(both, 2, lock))
            while len(senders := senders_of(os.getpid())) < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
            theirs = [files(sender) for sender in senders]
            ours = files(os.getpid())
            both.stop.set()
            await going
            assert both.warnings == []
            return lock, ours, theirs

    lock, ours, theirs = output.run_async(both_of_them())  # uvloop, which starts processes in its own way
    for opened in theirs:
        inherited = {number for number, path in opened.items() if ours.get(number) == path}
        assert inherited - set(before) == {lock}
        assert opened[1] == opened[2]
    assert len({opened[pipe] for opened in theirs for pipe in (0, 1)}) == 4


async def test_a_fault_of_a_sender_is_the_fault_of_the_run(newsroom: Newsroom) -> None:
    newsroom.write("var/secret.keys", "abcd " + "a" * 52 + "\n")
    async with newsroom.app() as app, sending(app) as (both, lock):
        with pytest.raises(StoreError, match="is no longer in the secrets file"):
            await send_in_processes(both, 2, lock)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ((sys.executable, "-c", "import sys; sys.exit('no room')"), "ended with exit status 1: no room."),
        (("/no/such/program",), "could not be started (No such file or directory)."),
    ],
)
async def test_senders_that_cannot_work_leave_the_sending_to_the_run(
    newsroom: Newsroom, program: tuple[str, ...], said: str
) -> None:
    async with newsroom.app() as app, sending(app) as (both, lock):
        both.app = replace(app, sender=lambda _: program)
        await send_in_processes(both, 2, lock)
        assert (both.single_process, len(both.warnings)) == (True, 2)
        assert min(both.warnings) == f"The sender process 1 {said} The run sends the rest of its mails."


async def test_a_small_mailing_is_worth_one_process_alone(newsroom: Newsroom) -> None:
    async with newsroom.app() as app:
        (mailing,) = await app.store.editions.open_mailings()
        assert await process_count(app, mailing) == 1
    await newsroom.subscribe(*(f"more{number}@example.com" for number in range(2 * ROWS)))
    newsroom.write("articles/second.txt", PAGE.replace("2023-10-15", "2023-10-20"))
    newsroom.later(days=7)
    await newsroom.run("2023-W42", send=False)
    async with newsroom.app() as app:
        mailing = next(each for each in await app.store.editions.open_mailings() if "W42" in each)
        for processes, connections, worth in ((1, 4, 1), (2, 4, 2), (2, 1, 1), (8, 8, 2)):
            policy = replace(app.delivery, processes=processes, share=connections)
            assert await process_count(replace(app, delivery=policy), mailing) == worth


def test_a_sender_is_not_started_by_hand(newsroom: Newsroom) -> None:
    for lock in ("7", "0"):
        done = newsroom.syndicate("sender", "2023-W41.weekly.harbour.example", "host/run/1", lock, "2")
        assert done.returncode == 2
        assert "A sender process is started by a run, never by hand." in done.stderr
    assert newsroom.mails() == []
