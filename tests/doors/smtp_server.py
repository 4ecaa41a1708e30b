"""A real SMTP server on loopback that does what a script says: refuses, splits, hangs, cuts the line before or after the dot.

`script` maps a moment (`greeting`, `ehlo`, `starttls`, `auth`, `mail`, `rcpt`, `data`, `body`, `dot`, `rset`, `quit`) to the steps of
its successive occurrences, over all connections; without a step it answers as a good server does. What comes out of turn, because it
was sent before the refusal was known, has moments of its own: `late rcpt`, `late data`, and `empty`, the dot after a `late data` that
was let through. `taken` holds what it answered for with a 250, `dots` every body whose dot arrived; `reached` has an event for each
moment, and `hang` for a server that says no more.
"""

import asyncio
import contextlib
import ssl
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from syndication.deliver.server import Security, SmtpServer

__all__ = ["PIPELINING", "Script", "Step", "Taken", "comes"]

PIPELINING = "PIPELINING"


@dataclass(frozen=True, slots=True)
class Step:
    """What happens instead: a reply (None: the usual one; empty: none) in pieces of `split` bytes, then perhaps the end."""

    reply: str | None = None
    split: int = 0
    close: bool = False
    hang: bool = False
    after: float = 0.0  # seconds before it answers


@dataclass(frozen=True, slots=True)
class Taken:
    sender: str
    recipient: str
    content: bytes  # without dot-stuffing


@dataclass
class Script:
    script: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    extensions: Sequence[str] = ("SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES")
    before_tls: Sequence[str] = ()  # offered in clear besides, and no longer after STARTTLS
    gather: bool = False  # answers to what came in one go leave in one go, in two pieces
    cut: int = 0  # where the second begins
    context: ssl.SSLContext | None = None  # for STARTTLS, or TLS from the first byte
    implicit: bool = False
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    dots: list[Taken] = field(default_factory=list)
    unfinished: list[bytes] = field(default_factory=list)  # what came of bodies whose dot never did
    said: list[str] = field(default_factory=list)  # every command
    connections: int = 0
    most_at_once: int = 0
    reached: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    async def __aenter__(self) -> Self:
        self._steps = {moment: iter(steps) for moment, steps in self.script.items()}
        self._tasks: set[asyncio.Task[None]] = set()
        context = self.context if self.implicit else None
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=context, limit=2**20)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def server(self, security: Security = Security.PLAIN, *, username: str = "") -> SmtpServer:
        host = "127.0.0.1" if security is Security.PLAIN else "localhost"
        return SmtpServer(host, self.port, security, username, "open sesame" if username else "")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.most_at_once = max(self.most_at_once, len(self._tasks))
        try:
            with contextlib.suppress(OSError, EOFError, _EndError):
                await _Conversation(self, reader, writer).run()
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    def next_step(self, moment: str) -> Step:
        self.reached[moment].set()
        return next(self._steps.get(moment, iter(())), Step())


async def comes(about: Callable[[], object]) -> None:
    """Wait until `about` is true: for what the other side does when it has heard us."""
    async with asyncio.timeout(300):
        while not about():  # noqa: ASYNC110 - it is no event of ours
            await asyncio.sleep(0.001)


class _EndError(Exception):
    pass


class _Conversation:
    def __init__(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.script, self.reader, self.writer = script, reader, writer
        self.sender = self.recipient = ""
        self.mailed = self.accepted = False
        self.secure = script.implicit
        self.heard = bytearray()
        self.gathered = b""

    async def line(self) -> bytes:
        while b"\n" not in self.heard:
            await self.flush()
            if not (more := await self.reader.read(2**20)):
                return b""
            self.heard += more
        end = self.heard.index(b"\n") + 1
        line = bytes(self.heard[:end])
        del self.heard[:end]
        return line

    async def flush(self) -> None:
        out, self.gathered = self.gathered, b""
        for piece in filter(None, (out[: self.script.cut], out[self.script.cut :])):
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0.001)

    async def run(self) -> None:
        await self.say("greeting", "220 loopback ESMTP")
        while line := await self.line():
            command = line.decode().rstrip("\r\n")
            self.script.said.append(command)
            verb = command[:8].upper().split(" ")[0].split(":")[0]
            await self.obey(verb.lower(), command)

    async def obey(self, verb: str, command: str) -> None:
        if verb == "ehlo":
            lines = ["loopback", *self.script.extensions]
            if self.script.context and not self.secure:
                lines += ["STARTTLS", *self.script.before_tls]
            last = len(lines) - 1
            await self.say(
                verb, "\r\n".join(f"250{' ' if i == last else '-'}{line}" for i, line in enumerate(lines))
            )
        elif verb == "starttls":
            await self.say(verb, "220 go ahead")
            assert self.script.context is not None
            await self.writer.start_tls(self.script.context)
            self.secure = True
        elif verb == "auth":
            await self.say(verb, "235 2.7.0 welcome")
        elif verb in {"mail", "rcpt", "data"}:
            await self.envelope(verb, command)
        elif verb == "quit":
            await self.say(verb, "221 2.0.0 bye")
            raise _EndError
        else:
            self.mailed = self.accepted = False
            await self.say(verb, "250 2.0.0 ok")

    async def envelope(self, verb: str, command: str) -> None:
        if verb == "mail":
            self.sender = command.split("<", 1)[1].split(">", 1)[0]
            self.mailed = (await self.say(verb, "250 2.1.0 ok")).startswith("250")
        elif not self.mailed or (verb == "data" and not self.accepted):
            reply = await self.say(f"late {verb}", "503 5.5.1 not now")
            self.accepted = verb == "rcpt" and reply.startswith("250")
            if verb == "data" and reply.startswith("354"):
                await self.lines()
                await self.say("empty", "554 5.5.1 no valid recipients")
        elif verb == "rcpt":
            self.recipient = command.split("<", 1)[1].split(">", 1)[0]
            self.accepted = (await self.say(verb, "250 2.1.5 ok")).startswith("250")
        elif (await self.say(verb, "354 go ahead")).startswith("354"):
            await self.body()

    async def lines(self) -> list[bytes]:
        lines: list[bytes] = []
        while (line := await self.line()) != b".\r\n":
            if not line:
                self.script.unfinished.append(b"".join(lines))
                raise _EndError
            lines.append(line[1:] if line.startswith(b".") else line)
        return lines

    async def body(self) -> None:
        step = self.script.next_step("body")
        if step != Step():
            await self.reader.read(10)
            await self.act(step, "")
        lines = await self.lines()
        self.mailed = self.accepted = False
        mail = Taken(self.sender, self.recipient, b"".join(lines))
        self.script.dots.append(mail)
        step, usual = self.script.next_step("dot"), f"250 2.0.0 took {len(self.script.dots)}"
        if (usual if step.reply is None else step.reply).startswith(("250", "251")):
            self.script.taken.append(mail)
        await self.act(step, usual)

    async def say(self, moment: str, usual: str) -> str:
        return await self.act(self.script.next_step(moment), usual)

    async def act(self, step: Step, usual: str) -> str:
        if step.after:
            await asyncio.sleep(step.after)
        reply = usual if step.reply is None else step.reply
        data = (reply + "\r\n").encode() if reply else b""
        if self.script.gather and not (step.split or step.hang or step.close):
            self.gathered += data
            return reply
        await self.flush()
        size = step.split or len(data) or 1
        for start in range(0, len(data), size):
            self.writer.write(data[start : start + size])
            await self.writer.drain()
            if step.split:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        if step.hang:
            self.script.reached["hang"].set()
            await asyncio.sleep(3600)
        if step.close:
            self.writer.close()
            raise _EndError
        return reply
