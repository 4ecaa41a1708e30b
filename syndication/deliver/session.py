"""One SMTP session: aiosmtplib connects, starts TLS and logs in (see `connecting`); from then on we use its transport (see `wire`).

A transaction answers with a value, never with an exception for what a network or a server does (`transaction.NEXT` has every step). It
tells on which side of the final dot it ended: before the dot nothing was sent; after it, without a reply, the outcome is unknown (RFC 1047).

If the server offers PIPELINING (RFC 2920), a message costs one round trip: the next envelope is sent right behind the dot. Otherwise
each command waits for its reply; the outcomes are the same.
"""

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from syndication.deliver.envelope import Envelope, PendingEnvelope, commands, origin
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.transaction import (
    CLOSING,
    COMMANDS,
    DONE,
    NO_REPLY,
    Transaction,
    after,
    ended,
    refuses,
)
from syndication.deliver.wire import Wire, clean_reply
from syndication.domain.delivery import Outcome, Reply, Stage

if TYPE_CHECKING:
    import asyncio

    import aiosmtplib

_DOT = re.compile(rb"\n\.")
_BLOCK = 131_072  # bytes of a message that share one `block` timeout


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in seconds (RFC 5321 §4.5.3.2). A short `dot` makes duplicates (RFC 1047): leave it alone."""

    connect: float = 300  # each of: connecting, greeting, EHLO, TLS, every AUTH step
    first_connection: float = 10  # how long other connections wait for a server's first one
    command: float = 300  # MAIL, RCPT, RSET
    data: float = 120  # until the 354
    block: float = 180  # until a block of the message has left the process
    dot: float = 600
    quit: float = 5  # nothing depends on it any more


class Session:
    """A connection that sends one message after another. After anything unexpected it is no longer `usable`."""

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._timeouts = Timeouts()
        self._extensions: dict[str, str] = {}
        self._pipelining = False
        self._ahead: PendingEnvelope | None = None  # the envelope that was sent behind the last dot
        self._refused: tuple[Stage, PendingEnvelope] | None = None  # to be cleared before the next envelope
        self.sent = 0  # transactions that got past MAIL on this connection

    @property
    def usable(self) -> bool:
        """Whether another message can be sent on it."""
        return self._wire is not None and self._wire.lost is None

    @property
    def announced(self) -> Envelope | None:
        """The envelope that the server already has, or has refused: the next transaction must be for it, or the session ends."""
        ahead = self._ahead
        if ahead is None or self.usable:
            return ahead.envelope if ahead else None
        return ahead.envelope if ahead.refusal() and self.turned_away is None else None

    @property
    def turned_away(self) -> Reply | None:
        """The 421 that answered the MAIL of the announced envelope: the server takes no more messages on this connection."""
        reply = self._ahead.answered(0) if self._ahead else None
        return reply if reply is not None and reply.code == CLOSING else None

    async def connect(
        self, server: SmtpServer, *, ssl_context: ssl.SSLContext | None, hostname: str, timeouts: Timeouts
    ) -> Reply | None:
        """Connect, secure, introduce ourselves as `hostname`, log in. Returns None if usable, else the reply that says why not."""
        from syndication.deliver.connecting import connected  # aiosmtplib: only when there is mail

        self._timeouts = timeouts
        if server.security is not Security.PLAIN and ssl_context is None:
            raise ValueError("a TLS connection needs the context that all connections share")
        client = await connected(server, ssl_context=ssl_context, hostname=hostname, seconds=timeouts.connect)
        if isinstance(client, Reply):
            return client
        return self._adopt(client, str(server))

    def _adopt(self, client: "aiosmtplib.SMTP", server: str) -> Reply | None:
        # uvloop's transports behave like asyncio's, but are not derived from them
        transport, protocol = cast("asyncio.Transport | None", client.transport), client.protocol
        wire = Wire(server)
        if transport is None or protocol is None:
            client.close()
            return clean_reply(NO_REPLY, "the connection was closed", server)
        wire.adopt(transport)
        # aiosmtplib parses one reply and keeps the rest of its segment: anything left was not asked for.
        if protocol._buffer:  # noqa: SLF001 (the version is pinned for this)
            wire.kill("the server said more than it was asked")
        self._wire, self._extensions = wire, dict(client.esmtp_extensions)
        self._pipelining = "pipelining" in self._extensions  # as offered after TLS
        return wire.lost

    async def transact(
        self,
        sender: str,
        recipient: str,
        message: bytes,
        following: Envelope | None = None,
        *,
        ready: bool = False,
    ) -> Transaction:
        """Send final bytes (CRLF) from `sender` ("" is the null path) to `recipient`.

        `following` is the envelope of the next message on this connection. It may be announced right behind the dot; nothing of its
        message is written before its own transaction, which must be the next one. `ready` means that no line of the message starts with
        a dot and that it ends with CRLF; otherwise the message is scanned and dot-stuffed.

        Raises ValueError for a sender that is not an address. Cancelling ends the session, because replies are still owed.
        """
        try:
            envelope = Envelope(sender, recipient, len(message))
            opened = await self._open(envelope)
            if isinstance(opened, Transaction):
                return opened
            wire, pending = opened
            if stopped := await self._stopped(wire, pending):
                return stopped
            return await self._body(wire, message if ready else _dot_stuffed(message), following)
        except BaseException:
            if self._wire is not None:
                self._wire.kill("cancelled")
            raise

    async def _open(self, envelope: Envelope) -> tuple[Wire, PendingEnvelope] | Transaction:
        """Return the wire, on which the envelope was announced before or is sent now."""
        ahead, self._ahead = self._ahead, None
        wire = self._wire
        if wire is not None and ahead is not None:
            if ahead.envelope != envelope:
                wire.kill("another message was announced")
            elif self.usable or ahead.answered(0):
                return wire, ahead
        wire = await self._cleared()
        if wire is None:
            return ended(Stage.CONNECT, self._wire.lost if self._wire else None)
        origin(envelope.sender)
        try:
            pending = PendingEnvelope(envelope, commands(envelope, self._extensions))
        except ValueError as error:
            return Transaction(Outcome.REFUSED, Stage.ADDRESS, clean_reply(NO_REPLY, str(error), wire.server))
        if self._pipelining:
            pending.replies = wire.ask_all(b"".join(pending.commands), self._seconds)
        return wire, pending

    @property
    def _seconds(self) -> tuple[float, float, float]:
        return self._timeouts.command, self._timeouts.command, self._timeouts.data

    async def _stopped(self, wire: Wire, pending: PendingEnvelope) -> Transaction | None:
        """Await the replies to an envelope. Returns the result if they stop the transaction, None if the server waits for the message."""
        pipelined = bool(pending.replies)
        for index, stage in enumerate(COMMANDS):
            if pipelined:
                reply = await pending.replies[index]
            else:
                reply = await wire.ask(pending.commands[index], self._seconds[index])
            if reply is None:
                return ended(stage, wire.lost)
            following = after(stage, reply)
            # A good reply counts for nothing if a stray one came with it.
            last = not pipelined or stage is Stage.DATA
            if isinstance(following, Outcome):
                # The rest is cleared before the next envelope: a hung RSET must not change the result of this one.
                self._refused = stage, pending
                return Transaction(following, stage, reply)
            if following is None:
                wire.kill(f"a reply that does not fit: {reply.code} {reply.text}")
            if following is None or (last and wire.lost is not None):
                return ended(stage, wire.lost)
            self.sent += stage is Stage.MAIL
        return None

    async def _cleared(self) -> Wire | None:
        """Clear what is left of a refused envelope, and return the wire; None if it is dead."""
        wire, refused = self._wire, self._refused
        self._refused = None
        if wire is not None and refused is not None:
            stage, pending = refused
            if pending.replies and stage is not Stage.DATA:
                await self._answer_data(wire, pending)
            if stage is not Stage.MAIL:
                reply = await wire.ask(b"RSET\r\n", self._timeouts.command)
                if reply is not None and reply.code // 100 != DONE:
                    wire.kill(f"RSET was refused: {reply.code} {reply.text}")
        return wire if wire is not None and wire.lost is None else None

    async def _answer_data(self, wire: Wire, pending: PendingEnvelope) -> None:
        """Answer a DATA that was accepted behind a refused recipient (RFC 2920 §3.1) with an empty message, which must be refused."""
        recipient, data = await pending.replies[1], await pending.replies[2]
        if recipient is None or data is None or refuses(data):
            return
        if after(Stage.DATA, data) is Stage.DOT and refuses(recipient):
            data = await wire.ask(b".\r\n", self._timeouts.dot)
            if data is None or refuses(data):
                return
        wire.kill(f"DATA went on without a recipient: {data.code} {data.text}")

    async def _body(self, wire: Wire, message: bytes, following: Envelope | None) -> Transaction:
        ahead = self._announcement(following)
        end = b".\r\n" + b"".join(ahead.commands if ahead else ())
        taken = wire.write_at_once((message, end))
        for start in range(taken, len(message), _BLOCK):
            if not await wire.send(message[start : start + _BLOCK], self._timeouts.block):
                return ended(Stage.DATA, wire.lost)
        self._ahead = ahead
        seconds = (self._timeouts.dot, *self._seconds) if ahead else (self._timeouts.dot,)
        dot, *replies = wire.ask_all(end[max(taken - len(message), 0) :], seconds)
        if ahead:
            ahead.replies = replies
        reply = await dot
        if reply is not None:
            if isinstance(outcome := after(Stage.DOT, reply), Outcome):
                return Transaction(outcome, Stage.DOT, reply)
            wire.kill(f"a reply that does not fit: {reply.code} {reply.text}")
        return ended(Stage.DOT, wire.lost)

    def _announcement(self, following: Envelope | None) -> PendingEnvelope | None:
        if following is None or not self._pipelining:
            return None
        try:
            return PendingEnvelope(following, commands(following, self._extensions))
        except ValueError:  # its own transaction reports it
            return None

    async def close(self) -> None:
        """Close the connection, with a QUIT if the session still works and no envelope is open. Waits no longer than `timeouts.quit`."""
        wire, self._wire = self._wire, None
        # With an envelope open, a QUIT could be read as its message.
        quiet = self._ahead is None and (self._refused is None or not self._refused[1].replies)
        self._ahead = self._refused = None
        if wire is None:
            return
        try:
            if wire.lost is None and quiet:
                await wire.ask(b"QUIT\r\n", self._timeouts.quit)
        finally:
            wire.kill("closed")
        await wire.closed(self._timeouts.quit)


def _dot_stuffed(message: bytes) -> bytes:
    """Dot-stuff a message (RFC 5321 §4.5.2), and end its last line before the dot that follows."""
    if _DOT.search(message):  # three times as fast as `in` if line ends are frequent
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message if message.endswith(b"\r\n") else message + b"\r\n"
