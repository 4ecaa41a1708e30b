"""A real SMTP server that remembers what it accepted, and holds connections at a chosen moment, so that a kill falls inside the sending."""

import asyncio
import contextlib
import hashlib
import socket
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

__all__ = ["Accepted", "Gate", "Moment", "Recorder"]

# Just before: the first word, the answer to MAIL, the 354, the rest of a body of which ten bytes are read, the answer to the dot.
Moment: TypeAlias = Literal["greeting", "mail", "data", "body", "dot"]


@dataclass(frozen=True, slots=True)
class Accepted:
    recipient: str
    message_id: str
    digest: str  # of all its bytes
    run: int  # whose connection it came on


@dataclass
class Gate:
    """Lets `passes` connections past a moment; who comes later waits until it opens, then goes on or is cut off."""

    moment: Moment
    passes: int = 0
    waiting: int = 0
    cuts: bool = False
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def full(self, connections: int) -> None:
        """Wait until that many are held: then nobody is in the middle of anything else."""
        async with asyncio.timeout(300):
            while self.waiting < connections:  # noqa: ASYNC110 - a number is waited for, and an event knows none
                await asyncio.sleep(0.005)

    def open(self, *, cuts: bool = False) -> None:
        """Let go of whoever waits; with `cuts` the line breaks instead, and a mail whose dot was there is not taken."""
        self.cuts = cuts
        self.opened.set()

    async def wait(self) -> None:
        """Raises ConnectionError for who is cut off."""
        if self.passes > 0 or self.opened.is_set():
            self.passes -= 1
            return
        self.waiting += 1
        self.reached.set()
        await self.opened.wait()
        if self.cuts:
            raise ConnectionError


@dataclass
class Recorder:
    accepted: list[Accepted] = field(default_factory=list)
    port: int = 0
    gate: Gate | None = None
    run: int = 0  # counted by who starts them

    async def __aenter__(self) -> Self:
        self._passed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._place = socket.socket()
        await self.come_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.vanish()
        self._place.close()

    async def come_back(self) -> None:
        """Listen, after `vanish` on the same port."""
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=2**22)
        self.port = self._server.sockets[0].getsockname()[1]
        self._place.close()

    async def vanish(self) -> None:
        """Refuse connections, and reset those there are. The port stays ours."""
        self._server.close()
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", self.port))
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def hold(self, moment: Moment, passes: int = 0) -> Gate:
        """From now on hold connections at that moment, after so many have passed it."""
        self.gate = Gate(moment, passes)
        return self.gate

    async def reached(self, number: int) -> None:
        """Wait until `number` messages have been accepted in all."""
        async with self._passed:
            await self._passed.wait_for(lambda: len(self.accepted) >= number)

    async def quiet(self) -> None:
        """Wait until every connection has ended: what a dead client had written before is judged by then."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=300)
        assert not self._tasks

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        run = self.run
        await self._pass("greeting")
        writer.write(b"220 recorder ESMTP\r\n")
        recipient = ""
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                writer.write(b"250-recorder\r\n250-PIPELINING\r\n")
            elif verb == "MAIL":
                await self._pass("mail")
            elif verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            elif verb == "DATA":
                await self._pass("data")
                writer.write(b"354 go on\r\n")
                await self._take(recipient, run, reader)
            writer.write(b"250 2.0.0 ok\r\n")
            await writer.drain()

    async def _take(self, recipient: str, run: int, reader: asyncio.StreamReader) -> None:
        first = await reader.readexactly(10)
        await self._pass("body")
        body = first + await reader.readuntil(b"\r\n.\r\n")
        await self._pass("dot")
        head = body.partition(b"\r\n\r\n")[0].decode()
        message_id = head.partition("Message-ID: <")[2].partition(">")[0]
        async with self._passed:
            self.accepted.append(Accepted(recipient, message_id, hashlib.sha256(body).hexdigest(), run))
            self._passed.notify_all()

    async def _pass(self, moment: Moment) -> None:
        if self.gate is not None and self.gate.moment == moment:
            await self.gate.wait()
