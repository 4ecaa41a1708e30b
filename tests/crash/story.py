"""A story: subscribers, a mail server, and runs that are killed at points of the way until a last one finishes; then what must hold.

All that the promise says of a crash is checked in one place, `Story.judge`.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from syndication.domain.delivery import State
from tests.crash.recorder import Accepted, Gate, Moment, Recorder
from tests.crash.runs import Run, Whom
from tests.crash.stalls import Stall, Stalled, becoming
from tests.flows.newsroom import PAGE, Newsroom

__all__ = ["POINTS", "WEEK", "Judgement", "Point", "Story", "store"]

WEEK = "2023-W41"
INCOMPLETE = 3  # exit code


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run is struck: held by the mail server at a moment, or by its own database in a statement."""

    at: Moment | Stall
    first: bool = False  # before the run's first mail, or after some
    running: bool = False  # let go again, and struck a few milliseconds later, wherever it is then


POINTS = {
    "in the claim": Point(Stall("INSERT", "batches"), first=True),
    "after the claim": Point("greeting", first=True),
    "in the mark": Point(becoming(State.DOTTING)),
    "after the mark, before the body": Point("mail", first=True),
    "when the next envelope is announced": Point("data"),
    "after the commit, within the next body": Point("body"),
    "after the dot, before the reply": Point("dot"),
    "in recover, before anything is given back": Point(becoming(State.QUEUED), first=True),
    "in recover, with rows in doubt": Point(becoming(State.UNKNOWN), first=True),
    "in recover, at its end": Point(Stall("DELETE", "batches"), first=True),
    "after the reply, before the result is written": Point(becoming(State.SENT)),
    "anywhere": Point("dot", running=True),
    "in finish": Point(Stall("DELETE", "batches")),
}
LAST = "in finish"  # when everything that was claimed has been sent
TWO_BATCHES = 1_000  # rows


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a story."""

    subscribers: int
    kills: Counter[str]
    duplicates: int
    twice: int  # subscribers
    doubtful: int  # subscribers listed as ever in doubt


@dataclass
class Story:
    room: Newsroom
    server: Recorder
    subscribers: list[str]
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    further: Counter[int] = field(default_factory=Counter)  # kills of a run, after its first
    url: str = ""  # of the store

    @classmethod
    async def of(
        cls,
        room: Newsroom,
        server: Recorder,
        subscribers: int,
        chance: random.Random,
        *,
        url: str = "",
        more: str = "",
    ) -> Self:
        """Make the newsroom, and its edition: published, nothing sent yet."""
        url = url or f"sqlite:///{room.folder}/var/syndicate.db"
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}", more=more + store(url))
        room.write("articles/ferry-bell.txt", PAGE)
        emails = [f"subscriber{number}@example.com" for number in range(subscribers)]
        await room.subscribe(*emails)
        await room.run(WEEK, send=False)
        return cls(room, server, emails, chance, url=url)

    @property
    def left(self) -> int:
        """Subscribers who have no mail yet."""
        return len(self.subscribers) - len({taken.recipient for taken in self.server.accepted})

    def start(self) -> Run:
        self.server.run += 1
        return Run.of(self.room, "run", "--week", WEEK)

    async def kill(self, name: str, whom: Whom = Whom.GROUP, *, passes: int = 0) -> bool:
        """Start a run and kill it at that point, after about so many mails. Whether it came there.

        One that has nothing to do there is killed at its first dot.
        """
        point = POINTS[name]
        stalled, stall = None, point.at if isinstance(point.at, Stall) else None
        if stall and point.first:
            stalled = Stalled(self.url, stall)
        gate = self.server.hold(
            "dot" if isinstance(point.at, Stall) else point.at, 0 if point.first else passes
        )
        run = self.start()
        there = await self._there(run, gate, stalled)
        if there and stall and not stalled:
            stalled = Stalled(self.url, stall)
            gate.open()
            there = await self._there(run, None, stalled)
        if there and point.running:
            gate.open()
            await asyncio.sleep(self.chance.random() / 50)
        struck = there and run.strike(whom, self.chance)
        self.kills[f"{name}: {whom}"] += struck
        self.server.gate = None
        gate.open(cuts=self.chance.random() < 1 / 2)
        if stalled:
            stalled.lift()
        if struck and whom is Whom.CHILD:
            whom = await self._kill_survivors(run)
        await self._gone(run, killed=struck and whom is not Whom.CHILD)
        return struck and (stall is None or not gate.reached.is_set() or not point.first)

    async def kill_often(self, kills: int) -> None:
        """So many kills, by chance, over most of the list; fewer when the subscribers run out."""
        done = 0
        for _ in range(2 * kills):
            if done == kills or not self.left:
                return
            names = [name for name in POINTS if name != LAST or self.left > TWO_BATCHES]
            name = self.chance.choice(names)
            several = self.room.processes > 1
            # One that hangs in its database outlives its parent: that is the test's doing, so they are killed together.
            together = several and isinstance(POINTS[name].at, Stall)
            whom = (
                Whom.GROUP
                if together
                else self.chance.choice(list(Whom) if several else [Whom.PARENT, Whom.GROUP])
            )
            # A quarter is left for the last: a run whose subscribers run out before its point comes to its end.
            passes = self.chance.randrange(1 + 3 * self.left // (2 * (kills - done + 1)))
            before = self.kills.total()
            await self.kill(name, whom, passes=passes)
            done += self.kills.total() > before

    async def _there(self, run: Run, gate: Gate | None, stalled: Stalled | None) -> bool:
        """Wait until the run is held; False when it ends without."""
        async with asyncio.timeout(300):
            while run.going:
                if (gate and gate.reached.is_set()) or (stalled and await stalled.holds(run.pid)):
                    return True
                await asyncio.sleep(0.01)
        return False

    async def _kill_survivors(self, run: Run) -> Whom:
        """A run that lost a child goes on, until it is killed some mails later, or has sent everything."""
        gate = self.server.hold("dot", self.chance.randrange(200))
        if await self._there(run, gate, None) and run.strike(Whom.GROUP, self.chance):
            self.kills[f"after the death of a child: {Whom.GROUP}"] += 1
            self.further[self.server.run] += 1
            whom = Whom.GROUP
        else:
            whom = Whom.CHILD
        self.server.gate = None
        gate.open()
        return whom

    async def _gone(self, run: Run, *, killed: bool) -> None:
        """A killed run leaves nobody behind. Another comes to its own end."""
        ended = await run.ended()
        assert ended.code in ({-9} if killed else {0, INCOMPLETE}), ended
        async with asyncio.timeout(300):
            while run.left():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async def finish(self) -> Judgement:
        """Run until nothing is left, without a kill."""
        self.server.gate = None
        ended = await self.start().ended(300)
        assert ended.code in {0, INCOMPLETE}, ended
        if (
            ended.code == INCOMPLETE
        ):  # a sender that outlived its parent saw its line break after a dot: that is waited out
            self.server.run += 1
            self.room.now = datetime.now(UTC) + timedelta(hours=1)
            await self.room.deliver()
        return await self.judge()

    async def judge(self) -> Judgement:
        """What must hold after every story."""
        await self.server.quiet()
        copies: dict[str, list[Accepted]] = {}
        for taken in self.server.accepted:
            copies.setdefault(taken.recipient, []).append(taken)
        twice = {subscriber for subscriber, its in copies.items() if len(its) > 1}
        # A mail that comes again is the fault of the run that had sent it before.
        faults = Counter(taken.run for its in copies.values() for taken in its[:-1])
        listed = await self.in_doubt()

        assert set(self.subscribers) == set(copies)  # nobody is lost, and nobody else has mail
        assert all(
            number <= self.room.connections * (1 + self.further[run]) for run, number in faults.items()
        )
        assert faults.total() <= self.kills.total() * self.room.connections
        assert twice <= listed  # each by name
        assert all(len({(taken.message_id, taken.digest) for taken in its}) == 1 for its in copies.values())
        assert len({its[0].message_id for its in copies.values()}) == len(self.subscribers)
        # Of a connection's rows only the one on the wire and the one marked behind it are in doubt.
        assert len(listed) <= 2 * self.kills.total() * self.room.connections
        again = await self.start().ended()
        assert (again.code, again.out["sent"]) == (0, 0)
        return Judgement(len(self.subscribers), self.kills, faults.total(), len(twice), len(listed))

    async def in_doubt(self) -> set[str]:
        """Whom `syndicate status KEY` lists as ever in doubt."""
        (edition,) = (await Run.of(self.room, "status", WEEK).ended()).out["editions"]
        return {row["email"] for row in edition["rows"] if row["unknown"]}


def store(url: str) -> str:
    """The configuration's table. An empty password, as the test server's, is a mistake there."""
    return f'[store]\nurl = "{url.replace(":@", "@")}"\nsynchronous = "normal"\n'  # no test cuts the power
