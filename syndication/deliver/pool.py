"""The pool of SMTP connections of this process, with a stack of idle ones for each server.

A slot is borrowed with `async with pool.session(server) as slot`. The claim (`syndication.deliver.throttle`) has decided which server and
how many connections; the pool neither queues nor chooses. `ConnectionSlot.transact` always returns a transaction: if the server cannot be
reached, it is NOT_SENT at stage CONNECT, with the reply or the error as text.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from syndication.deliver.envelope import Envelope
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.session import Session, Timeouts
from syndication.deliver.transaction import CLOSING, Transaction
from syndication.domain.delivery import Outcome, Reply, Stage
from syndication.logs import logger

log = logger(__name__)


@dataclass(slots=True)
class _Route:
    """A server, the number of messages that it takes on one connection, as far as known, and the idle connections to it."""

    server: SmtpServer
    per_connection: int
    idle: list["ConnectionSlot"] = field(default_factory=list)
    authenticated: bool = False  # whether a connection succeeded since its last trouble
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # until then connections are made one at a time
    failed: Reply | None = None  # how the last one failed

    async def rest(self) -> None:
        """Close the idle connections: a server in trouble should not hold any without need."""
        self.authenticated = False
        idle, self.idle = self.idle, []
        await asyncio.gather(*(slot.close() for slot in idle))


class ConnectionSlot:
    """A slot for one connection of the pool. It reconnects by itself between two messages, never within one."""

    def __init__(self, pool: "Pool", route: _Route) -> None:
        self._pool = pool
        self._route = route
        self._session: Session | None = None

    @property
    def usable(self) -> bool:
        """Whether the next message needs no new connection."""
        session = self._session
        if session is None:
            return False
        return session.announced is not None or (session.usable and session.sent < self._route.per_connection)

    @property
    def announced(self) -> Envelope | None:
        """The envelope that the next message must have; any other message needs a new connection."""
        return self._session.announced if self._session is not None else None

    async def ready(self) -> Transaction | None:
        """Connect if necessary. Returns None if a message can be sent now, else the transaction that it would get.

        Call this before a row is marked, so that a dead server does not touch any row.
        """
        if self.usable:
            return None
        await self.close()
        session = Session()
        failed = await self._pool._connect(session, self._route)  # noqa: SLF001 (pool and slot are one)
        if failed is not None:
            await self._route.rest()
            return Transaction(Outcome.NOT_SENT, Stage.CONNECT, failed)
        self._session = session
        return None

    async def transact(
        self,
        sender: str,
        recipient: str,
        message: bytes,
        following: Envelope | None = None,
        *,
        ready: bool = False,
    ) -> Transaction:
        """Send one message, see `Session.transact`. A connection that is stale, or has another message announced, is replaced once."""
        reused = self.usable
        if not reused and (unreachable := await self.ready()):
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
        session = self._session
        assert session is not None
        if session.sent + 1 >= self._route.per_connection:
            following = None
        result = await session.transact(sender, recipient, message, following, ready=ready)
        if result.reply.code == CLOSING and result.stage is Stage.MAIL and session.sent:
            self._full(session)
        elif result.reply.code == CLOSING:
            await self._route.rest()
        return result

    def _full(self, session: Session) -> None:
        """Learn from a 421 to MAIL how many messages the server takes on one connection."""
        self._route.per_connection = min(self._route.per_connection, session.sent)

    async def close(self) -> None:
        """Close its connection, if it has one, with QUIT; the slot can be used again."""
        session, self._session = self._session, None
        if session is not None:
            if session.turned_away and session.sent:
                self._full(session)
            await session.close()


class Pool:
    """Sessions with `servers`, each for `per_connection` messages (or fewer, learned from 421).

    If `connections` are open, an idle one of another server is closed before one is opened. `ssl_context` is shared, because building
    one takes 35 ms; None builds the default if a server needs one. `hostname` is our name in EHLO.
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
    ) -> None:
        if not servers or connections < 1 or per_connection < 1:
            raise ValueError("a pool needs a server, a connection and a message for it")
        self._routes = {server.name: _Route(server, per_connection) for server in servers}
        self._connections = connections
        self._used = 0
        self._context = ssl_context
        self._hostname = hostname
        self._timeouts = timeouts or Timeouts()

    async def __aenter__(self) -> Self:
        if self._context is None and any(
            route.server.security is not Security.PLAIN for route in self._routes.values()
        ):
            self._context = await asyncio.to_thread(ssl.create_default_context)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.gather(*(route.rest() for route in self._routes.values()))

    @property
    def servers(self) -> Mapping[str, SmtpServer]:
        """The servers by name."""
        return {name: route.server for name, route in self._routes.items()}

    @asynccontextmanager
    async def session(self, server: str) -> AsyncIterator[ConnectionSlot]:
        """Borrow a slot for the server of this name, with an idle connection if there is one. Raises KeyError for an unknown name."""
        route = self._routes[server]
        slot = route.idle.pop() if route.idle else ConnectionSlot(self, route)
        self._used += 1
        try:
            await self._make_room()
            yield slot
        finally:
            self._used -= 1
            if slot.usable and slot.announced is None:
                route.idle.append(slot)
            else:
                await slot.close()

    async def _make_room(self) -> None:
        idle = [route.idle for route in self._routes.values() if route.idle]
        if idle and self._used + sum(map(len, idle)) > self._connections:
            await idle[0].pop(0).close()

    async def _connect(self, session: Session, route: _Route) -> Reply | None:
        """Connect. The first connection is made alone, and those that waited for it share its failure: twenty wrong passwords at once would
        lock us out. If it hangs, they wait only for a moment: another machine of that name may answer.
        """
        if route.authenticated:
            return await self._connected(session, route)
        waited = route.turn.locked()
        try:
            async with asyncio.timeout(self._timeouts.first_connection):
                await route.turn.acquire()
        except TimeoutError:
            return await self._connected(session, route)
        try:
            if not route.authenticated:
                if waited and route.failed is not None:
                    return route.failed
                route.failed = None  # for the next one, if this one is cancelled
                route.failed = await self._connected(session, route)
                return route.failed
        finally:
            route.turn.release()
        return await self._connected(session, route)

    async def _connected(self, session: Session, route: _Route) -> Reply | None:
        with log.timed("smtp connection", server=str(route.server)) as facts:
            failed = await session.connect(
                route.server, ssl_context=self._context, hostname=self._hostname, timeouts=self._timeouts
            )
            facts["reply"] = f"{failed.code} {failed.text}" if failed else "ready"
        if failed is None:
            route.authenticated = True
        return failed
