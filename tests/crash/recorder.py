"""A real SMTP server that remembers what it accepted, and tells when the n-th final dot has come, so that a kill falls inside the sending."""

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import Self

__all__ = ["Accepted", "Recorder"]


@dataclass(frozen=True, slots=True)
class Accepted:
    recipient: str
    message_id: str
    digest: str  # of all its bytes


@dataclass
class Recorder:
    accepted: list[Accepted] = field(default_factory=list)
    port: int = 0

    async def __aenter__(self) -> Self:
        self._passed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=2**22)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def reached(self, number: int) -> None:
        """Wait until `number` messages have been accepted in all."""
        async with self._passed:
            await self._passed.wait_for(lambda: len(self.accepted) >= number)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 recorder ESMTP\r\n")
        recipient = ""
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                head = body.partition(b"\r\n\r\n")[0].decode()
                message_id = head.partition("Message-ID: <")[2].partition(">")[0]
                async with self._passed:
                    self.accepted.append(Accepted(recipient, message_id, hashlib.sha256(body).hexdigest()))
                    self._passed.notify_all()
            writer.write(
                b"250-recorder\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
                if verb == "EHLO"
                else b"250 2.0.0 ok\r\n"
            )
            await writer.drain()
