"""Sessions shared by everybody who sends: capped, reused, several servers by weight with failover, slower when asked.

A place of the pool is borrowed with `async with pool.session() as place`. Its `transact` has one path for everything: when no
server can be reached it answers NOT_SENT at stage CONNECT, with the reply or the error as text.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.session import Envelope, Session, Timeouts
from syndication.deliver.transaction import Transaction
from syndication.deliver.wire import CLOSING, NO_REPLY
from syndication.domain.delivery import Outcome, Reply, Stage

__all__ = ["Place", "Pool"]

_LONGEST_PAUSE = 60.0  # seconds; pauses go 1, 2, 4 … up to it
_NOT_TRIED = Reply(NO_REPLY, "not tried yet")


@dataclass(slots=True)
class _Route:
    """What the pool knows of one server. Times are those of the pool's clock."""

    server: SmtpServer
    per_connection: int
    current: int = 0  # of the weighted choice
    troubles: int = 0  # in a row
    not_before: float = 0.0
    slowed: bool = False  # it answers, but asked us to wait (421)
    reply: Reply = _NOT_TRIED  # why it is paused


class Place:
    """One connection's place in the pool. It reconnects by itself between two messages, never within one."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._session: Session | None = None
        self._route: _Route | None = None

    @property
    def usable(self) -> bool:
        """Whether the next message needs no new connection."""
        route, session = self._route, self._session
        if session is None or route is None:
            return False
        return session.announced is not None or (session.usable and session.sent < route.per_connection)

    @property
    def announced(self) -> Envelope | None:
        """The envelope that the next message must have; for any other one the connection is given up."""
        return self._session.announced if self._session is not None else None

    async def ready(self) -> Transaction | None:
        """Connect if need be. None when a message can go out now, else the transaction that it would get.

        Ask before a row is marked, so that a dead server costs no row anything.
        """
        if self.usable:
            return None
        await self.close()
        self._session, self._route, reply = await self._pool._connect()  # noqa: SLF001 (pool and place are one)
        if self._session is not None:
            return None
        return Transaction(Outcome.NOT_SENT, Stage.CONNECT, reply)

    async def transact(
        self,
        sender: str,
        recipient: str,
        message: bytes,
        following: Envelope | None = None,
        *,
        ready: bool = False,
    ) -> Transaction:
        """Send one message, see `Session.transact`. A connection that had gone stale before this message began is replaced once."""
        if self.announced not in {None, Envelope(sender, recipient, len(message))}:
            await self.close()
        reused = self.usable
        if unreachable := await self.ready():
            return unreachable
        result = await self._once(sender, recipient, message, following, ready=ready)
        gone = result.outcome is Outcome.NOT_SENT or result.reply.code == CLOSING
        if reused and gone and result.stage in {Stage.CONNECT, Stage.MAIL}:
            again = await self.ready()
            return again or await self._once(sender, recipient, message, following, ready=ready)
        return result

    async def _once(
        self, sender: str, recipient: str, message: bytes, following: Envelope | None, *, ready: bool
    ) -> Transaction:
        session, route = self._session, self._route
        assert session is not None
        assert route is not None
        if session.sent + 1 >= route.per_connection:
            following = None
        result = await session.transact(sender, recipient, message, following, ready=ready)
        if result.reply.code == CLOSING:
            self._told_to_wait(session, route, result.reply, full=result.stage is Stage.MAIL)
        elif result.outcome is Outcome.ACCEPTED:
            route.troubles = 0
        return result

    def _told_to_wait(self, session: Session, route: _Route, reply: Reply, *, full: bool) -> None:
        if full and session.sent:  # as many as it takes on one connection
            route.per_connection = min(route.per_connection, session.sent)
        self._pool._slow_down(route, reply)  # noqa: SLF001 (pool and place are one)

    async def close(self) -> None:
        """Say QUIT on its connection, if it has one; the place itself can be used again."""
        session, self._session = self._session, None
        if session is not None:
            if self._route is not None and (reply := session.turned_away):
                self._told_to_wait(session, self._route, reply, full=True)
            await session.close()


class Pool:
    """At most `connections` sessions at once over all servers, each for `per_connection` messages (or fewer, learned from 421).

    `ssl_context` is built once and shared (35 ms each); None builds the default when a server needs one. `hostname` introduces us.
    `clock` and `sleep` count seconds.
    """

    def __init__(
        self,
        servers: Sequence[SmtpServer],
        *,
        connections: int,
        hostname: str,
        per_connection: int = 100,
        ssl_context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if not servers or connections < 1 or per_connection < 1:
            raise ValueError("a pool needs a server, a connection and a message for it")
        self._routes = [_Route(server, per_connection) for server in servers]
        self._context = ssl_context
        self._hostname = hostname
        self._timeouts = timeouts or Timeouts()
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._sleep = sleep
        self._free = asyncio.Semaphore(connections)
        self._idle: list[Place] = []

    async def __aenter__(self) -> Self:
        if self._context is None and any(r.server.security is not Security.PLAIN for r in self._routes):
            self._context = await asyncio.to_thread(ssl.create_default_context)
        return self

    async def __aexit__(self, *exc: object) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*(place.close() for place in idle))

    @property
    def servers(self) -> tuple[SmtpServer, ...]:
        """Where the mail goes."""
        return tuple(route.server for route in self._routes)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Place]:
        """Borrow a place; waits for a free one. An idle connection is preferred over a new one."""
        async with self._free:
            place = self._idle.pop() if self._idle else Place(self)
            try:
                yield place
            finally:
                if place.usable and place.announced is None:
                    self._idle.append(place)
                else:
                    await place.close()

    async def _connect(self) -> tuple[Session | None, _Route | None, Reply]:
        """Connect to the first server, in the order of choice, that answers.

        Those that cannot be reached are left alone for their pause: then everybody learns at once that nothing can be sent. Those
        that asked us to slow down are waited for, once a call.
        """
        for last in (False, True):
            for route in self._chosen():
                session = await self._tried(route)
                if session is not None:
                    return session, route, Reply(NO_REPLY, "connected")
            waiting = [route.not_before for route in self._routes if route.slowed]
            if last or not waiting:
                break
            # A loop may wake up a little before the time that it was asked for (uvloop counts whole milliseconds).
            while (left := min(waiting) - self._clock()) > 0:
                await self._sleep(left)
        newest = max(self._routes, key=lambda route: route.not_before)
        return None, None, newest.reply

    async def _tried(self, route: _Route) -> Session | None:
        session, troubles = Session(), route.troubles
        failed = await session.connect(
            route.server, ssl_context=self._context, hostname=self._hostname, timeouts=self._timeouts
        )
        if failed is None:
            route.slowed = False
            return session
        if route.troubles == troubles:  # one step for all who tried at the same time
            self._pause(route, failed)
        return None

    def _chosen(self) -> list[_Route]:
        """The servers that may be tried now: smooth weighted round robin decides who is first, then by weight."""
        now = self._clock()
        open_now = [route for route in self._routes if route.not_before <= now]
        for route in open_now:
            route.current += route.server.weight
        open_now.sort(key=lambda route: -route.current)
        if open_now:
            open_now[0].current -= sum(route.server.weight for route in open_now)
        return open_now

    def _pause(self, route: _Route, reply: Reply) -> None:
        route.not_before = self._clock() + min(2.0 ** min(route.troubles, 9), _LONGEST_PAUSE)
        route.troubles += 1
        route.slowed, route.reply = reply.code == CLOSING, reply

    def _slow_down(self, route: _Route, reply: Reply) -> None:
        """After a 421: a pause before the next connect to that server. Those told at the same time share one step."""
        if route.not_before <= self._clock():
            self._pause(route, reply)
