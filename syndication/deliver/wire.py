"""The protocol below a session: it matches each reply to its command, and ends the connection if one does not match.

aiosmtplib keeps one reply at a time and drops what it did not expect; a stray reply then answers the next command. Here every command
adds one future to a queue, a complete reply (RFC 5321 §4.2.1) resolves the oldest one, and a reply without a command ends the connection:
nothing that the server sends after it is trusted.
"""

import asyncio
import os
import re
from collections import deque
from collections.abc import Sequence
from functools import lru_cache

from syndication.deliver.transaction import CLOSING, NO_REPLY
from syndication.domain.delivery import Reply

_MAX_REPLY = 65_536  # bytes of one reply with its continuation lines; real EHLO replies have a few hundred
_MAX_TEXT = 500  # characters kept of a reply: more than RFC 5321 §4.5.3.1.5 allows a line
_LINE = re.compile(rb"([2-5][0-9][0-9])([ -]?)(.*)", re.DOTALL)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def clean_reply(code: int, text: str, server: str) -> Reply:
    """Make a reply that is safe to store and to print: one line of limited length, without control characters."""
    return Reply(code, " ".join(_UNPRINTABLE.sub(" ", text).split())[:_MAX_TEXT], server)


@lru_cache(maxsize=256)  # servers repeat the same few replies
def _reply_of(line: bytes, server: str) -> Reply | None:
    """Parse a reply of one line; None if the line is not a whole reply."""
    match = _LINE.fullmatch(line)
    if match is None or match[2] == b"-":
        return None
    return clean_reply(int(match[1]), match[3].decode("utf-8", "replace"), server)


class Wire(asyncio.Protocol):
    """One SMTP connection after its login. `lost` tells why it ended, None while it is open."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.lost: Reply | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._descriptor: int | None = None  # of a connection without TLS
        self._owed: deque[tuple[asyncio.Future[Reply | None], float]] = deque()  # and its timeout in seconds
        self._due = 0.0  # the deadline of the oldest reply owed, on the loop's clock
        self._alarm: asyncio.TimerHandle | None = None  # never after `_due`, maybe long before it
        self._buffer = b""
        self._code = b""
        self._lines: list[bytes] = []
        self._size = 0
        self._drained: asyncio.Future[None] | None = None
        self._closed = self._loop.create_future()

    def adopt(self, transport: asyncio.Transport) -> None:
        """Take a connected transport over from aiosmtplib. A write counts as drained when all of it has left the process."""
        self._transport = transport
        transport.set_protocol(self)
        # Not 0: a TLS transport pauses when it reaches `high`, at 0 even with an empty buffer, and would never wake us.
        transport.set_write_buffer_limits(high=1, low=0)
        if transport.get_extra_info("sslcontext") is None and hasattr(os, "writev"):
            self._descriptor = transport.get_extra_info("socket").fileno()
        if transport.is_closing():
            self.kill("the connection was closed")

    def ask(self, command: bytes, seconds: float) -> "asyncio.Future[Reply | None]":
        """Write a command that is owed one reply within `seconds`.

        The future never raises: None means that the connection ended first (see `lost`).
        """
        return self.ask_all(command, (seconds,))[0]

    def ask_all(self, commands: bytes, seconds: Sequence[float]) -> "list[asyncio.Future[Reply | None]]":
        """Write commands in one go. Each is owed one reply; its timeout starts when its reply is the oldest one owed."""
        futures: list[asyncio.Future[Reply | None]] = [self._loop.create_future() for _ in seconds]
        if self.lost is not None:
            for future in futures:
                future.set_result(None)
            return futures
        first = not self._owed
        self._owed.extend(zip(futures, seconds, strict=True))
        if first:
            self._watch()
        if commands:
            self._write(commands)
        return futures

    def write_at_once(self, parts: Sequence[bytes]) -> int:
        """Pass `parts` to the kernel in one call, and return how many bytes it took: 0 if the connection is encrypted or has a backlog.

        A second call, for the few bytes of the dot, would cost half as much as the message.
        """
        assert self._transport is not None
        if self._descriptor is None or self.lost is not None or self._transport.get_write_buffer_size():
            return 0
        try:
            return os.writev(self._descriptor, parts)
        except BlockingIOError:
            return 0
        except OSError as error:
            self.kill(f"the connection broke: {error}")
            return 0

    async def send(self, block: bytes, seconds: float) -> bool:
        """Write a block that is owed no reply, and wait until it has left the process. Returns False if the connection ended."""
        if self.lost is not None:
            return False
        self._write(block)
        if self._drained is not None:
            timer = self._loop.call_later(seconds, self.kill, f"nothing taken within {seconds:g} s")
            try:
                await self._drained
            finally:
                timer.cancel()
        return self.lost is None

    def kill(self, reason: str, reply: Reply | None = None) -> None:
        """End the connection now, even if replies are owed. The first reason is kept."""
        if self.lost is not None:
            return
        self.lost = reply or clean_reply(NO_REPLY, reason, self.server)
        if self._alarm is not None:
            self._alarm.cancel()
        for future, _ in self._owed:
            if not future.done():
                future.set_result(None)
        self._owed.clear()
        self.resume_writing()
        if self._transport is not None:
            self._transport.abort()

    async def closed(self, seconds: float) -> None:
        """Wait until the transport is closed, for `seconds` at most."""
        await asyncio.wait({self._closed}, timeout=seconds)

    def data_received(self, data: bytes) -> None:
        """Parse what the server sends, in chunks of any size."""
        owed = len(self._owed)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._line(line.rstrip(b"\r"))
            if self.lost is not None:
                return
        if self._size + len(self._buffer) > _MAX_REPLY:
            self.kill("a reply that does not end")
        elif 0 < len(self._owed) < owed:
            self._watch()

    def eof_received(self) -> None:
        """End the connection when the server closes its side."""
        self.kill("the server closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the transport is closed."""
        self.kill(f"the connection broke: {exc}" if exc else "the connection was closed")
        if not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        """Make `send` wait: data is left in the process."""
        if self._drained is None:
            self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """Let `send` continue: no data is left in the process."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def _watch(self) -> None:
        """Start the timeout of the oldest reply owed. The alarm is reset only if it would ring too late."""
        seconds = self._owed[0][1]
        self._due = self._loop.time() + seconds
        if self._alarm is not None:
            if self._alarm.when() <= self._due:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if not self._owed:
            return
        if self._loop.time() >= self._due:
            self.kill(f"no reply within {self._owed[0][1]:g} s")
        else:
            self._alarm = self._loop.call_at(self._due, self._ring)

    def _line(self, line: bytes) -> None:
        if not self._lines and (reply := _reply_of(line, self.server)) is not None:
            self._reply(reply)
            return
        match = _LINE.fullmatch(line)
        if match is None or (self._lines and match[1] != self._code):
            self.kill(f"not an SMTP reply: {clean_reply(0, line.decode('ascii', 'replace'), '').text[:80]}")
            return
        self._code = match[1]
        self._lines.append(match[3])
        self._size += len(line)
        if match[2] == b"-":
            return
        text = b" ".join(self._lines).decode("utf-8", "replace")
        self._lines, self._size = [], 0
        self._reply(clean_reply(int(self._code), text, self.server))

    def _reply(self, reply: Reply) -> None:
        if not self._owed:
            # RFC 5321 §3.8: a server that shuts down may send a 421 at any time. Any other would shift the session by one reply.
            if reply.code == CLOSING:
                self.kill("", reply)
            else:
                self.kill(f"a reply without a command: {reply.code} {reply.text}")
            return
        future, _ = self._owed.popleft()
        if not future.done():
            future.set_result(reply)
        if reply.code == CLOSING:
            self.kill("", reply)
