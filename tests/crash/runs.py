"""Real runs in process groups of their own: started quickly (`tests/flows/forked.py`), struck, waited for.

`tests/crash/test_serve.py` starts the command itself.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.flows.forked import SERVER, printing_into
from tests.flows.newsroom import Newsroom

__all__ = ["Ended", "Run", "Whom", "alive", "below", "catches"]


class Whom(StrEnum):
    """Who is killed."""

    PARENT = "parent"
    CHILD = "child"  # of several sender processes
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run left: the exit code (negative: the signal), and its document."""

    code: int | None
    out: Any
    err: str


@dataclass(frozen=True, slots=True)
class Run:
    process: ForkServerProcess
    prints: Path  # standard output; standard error beside it

    @classmethod
    def of(cls, room: Newsroom, *arguments: str) -> "Run":
        """Start `syndicate` with these arguments and --json."""
        prints = room.folder / f"prints-{time.monotonic_ns()}"
        command = ("--config", str(room.config), "--json", *arguments)
        process = SERVER.Process(target=_run, args=(command, prints))
        process.start()
        return cls(process, prints)

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def going(self) -> bool:
        return self.process.is_alive()

    def children(self) -> list[int]:
        """Its sender processes, if it has any."""
        return below(self.pid)

    def left(self) -> list[int]:
        """Who is there of its process group, the run itself or senders that outlive it."""
        stats = Path("/proc").glob("[0-9]*/stat")
        return [
            pid for pid in (int(file.parent.name) for file in stats) if alive(pid) and _group(pid) == self.pid
        ]

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def strike(self, whom: Whom, chance: random.Random) -> bool:
        """SIGKILL. Whether somebody was there to be killed; a child is chosen by chance."""
        if not self.going:
            return False
        if whom is Whom.CHILD:
            children = self.children()
            if children:
                os.kill(chance.choice(sorted(children)), signal.SIGKILL)
            return bool(children)
        grouped = (
            whom is Whom.GROUP and _group(self.pid) == self.pid
        )  # a run that has only just started is none yet
        try:
            (os.killpg if grouped else os.kill)(self.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has ended at this instant
            return False
        return True

    async def caught(self, number: signal.Signals) -> None:
        """Wait until it has heard this signal, and would die of the next one (proc(5): SigCgt)."""
        async with asyncio.timeout(300):
            while catches(self.pid, number):  # noqa: ASYNC110 - of another process, there is no event
                await asyncio.sleep(0.01)

    async def ended(self, seconds: float = 300) -> Ended:
        """Wait for its end. A run that does not come to one is killed, and an error."""
        await asyncio.to_thread(self.process.join, seconds)
        if self.going:
            os.killpg(self.pid, signal.SIGKILL)
            raise TimeoutError(f"a run went on for {seconds} s: {self._printed('.err')}")
        printed = self._printed(".out")
        return Ended(self.process.exitcode, json.loads(printed) if printed else None, self._printed(".err"))

    def _printed(self, suffix: str) -> str:
        file = self.prints.with_suffix(suffix)
        return file.read_text() if file.exists() else ""


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether the process does not die of this signal at once (proc(5): SigCgt)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1)


def alive(pid: int) -> bool:
    """Whether the process is there, and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def below(pid: int) -> list[int]:
    """The processes that it has started, and those that they have."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, file.read_text().split())
        except OSError:  # the thread has ended meanwhile
            continue
    return found + [each for child in found for each in below(child)]


def _run(arguments: tuple[str, ...], prints: Path) -> None:
    """In the forked process."""
    from syndication.cli.main import run

    os.setpgid(0, 0)
    printing_into(prints)
    sys.exit(run(arguments))
