"""One SMTP session: aiosmtplib connects, starts TLS and logs in (see `connecting`); from then on the transport is ours (see `wire`).

A transaction answers with a value, never with an exception for what a network or a server does, and says on which side of the
final dot it ended: before it nothing was sent, after it without a reply nobody knows (RFC 1047).

Where the server offers PIPELINING (RFC 2920) a message costs one round trip: the next envelope rides behind the dot. Elsewhere each
command waits for its reply; the outcomes are the same.
"""

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from syndication.deliver.connecting import connected
from syndication.deliver.envelope import STEPS, Envelope, PendingEnvelope, commands, origin
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.transaction import Transaction
from syndication.deliver.wire import CLOSING, DONE, GO_ON, NO_REPLY, REFUSED, TRY_LATER, Wire, clean_reply
from syndication.domain.delivery import Outcome, Reply, Stage

if TYPE_CHECKING:
    import asyncio

    import aiosmtplib

__all__ = ["Envelope", "Session", "Timeouts", "Transaction"]

_REFUSALS = {TRY_LATER: Outcome.TRY_LATER, REFUSED: Outcome.REFUSED}
_AFTER_DOT = {DONE: Outcome.ACCEPTED, **_REFUSALS}  # any 2yz, 251 too
_DOT = re.compile(rb"\n\.")
_BLOCK = 131_072  # bytes of a message that share one `block` timeout


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, RFC 5321 §4.5.3.2. Impatience after the dot makes duplicates (RFC 1047): leave `dot` alone."""

    connect: float = 300  # each of: connecting, greeting, EHLO, TLS, every AUTH step
    first_connection: float = 10  # until the others wait no longer for a server's first connection
    command: float = 300  # MAIL, RCPT, RSET
    data: float = 120  # until the 354
    block: float = 180  # until a block of the message is taken
    dot: float = 600
    quit: float = 5  # nothing depends on it any more


class Session:
    """A connection that carries one message after another. After anything unexpected it is no longer `usable`."""

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._timeouts = Timeouts()
        self._extensions: dict[str, str] = {}
        self._pipelining = False
        self._ahead: PendingEnvelope | None = None  # the envelope that rode behind the last dot
        self._refused: tuple[Stage, PendingEnvelope] | None = (
            None  # what is to be cleared before the next envelope
        )
        self.sent = 0  # transactions that came past MAIL on this connection

    @property
    def usable(self) -> bool:
        """Whether another message may be sent on it."""
        return self._wire is not None and self._wire.lost is None

    @property
    def announced(self) -> Envelope | None:
        """The envelope that the server has, or has already refused: the next transaction is its, or the session ends."""
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
        """Connect, secure, introduce as `hostname`, log in. None when the session is usable, else the reply that says why not."""
        self._timeouts = timeouts
        if server.security is not Security.PLAIN and ssl_context is None:
            raise ValueError("a TLS connection needs the context that all connections share")
        client = await connected(server, ssl_context=ssl_context, hostname=hostname, seconds=timeouts.connect)
        if isinstance(client, Reply):
            return client
        return self._adopt(client, str(server))

    def _adopt(self, client: "aiosmtplib.SMTP", server: str) -> Reply | None:
        # uvloop's transports do everything that asyncio's do, but are not derived from them
        transport, protocol = cast("asyncio.Transport | None", client.transport), client.protocol
        wire = Wire(server)
        if transport is None or protocol is None:
            client.close()
            return clean_reply(NO_REPLY, "the connection was closed", server)
        wire.adopt(transport)
        # aiosmtplib parses one reply and keeps the rest of its segment: whatever is left was not asked for.
        if protocol._buffer:  # noqa: SLF001 (the version is pinned for this)
            wire.kill("the server said more than it was asked")
        self._wire, self._extensions = wire, dict(client.esmtp_extensions)
        self._pipelining = "pipelining" in self._extensions  # as said after TLS
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

        `following` is the envelope of the next message on this connection, and may be announced behind the dot: nothing of its body
        is written before it is the turn of its own transaction, which must be the next. `ready` says that no line of the message
        starts with a dot and that it ends with CRLF; else it is looked through and dot-stuffed.

        Raises ValueError for a sender that is no address. When cancelled the session is dead, since replies are still owed.
        """
        try:
            envelope = Envelope(sender, recipient, len(message))
            asked = await self._asked(envelope)
            if isinstance(asked, Transaction):
                return asked
            wire, opened = asked
            if stopped := await self._let_in(wire, opened):
                return stopped
            return await self._body(wire, message if ready else _dot_stuffed(message), following)
        except BaseException:
            if self._wire is not None:
                self._wire.kill("cancelled")
            raise

    async def _asked(self, envelope: Envelope) -> tuple[Wire, PendingEnvelope] | Transaction:
        """The envelope on its way: it rode ahead, or goes now."""
        ahead, self._ahead = self._ahead, None
        wire = self._wire
        if wire is not None and ahead is not None:
            if ahead.envelope != envelope:
                wire.kill("another message was announced")
            elif self.usable or ahead.answered(0):
                return wire, ahead
        wire = await self._cleared()
        if wire is None:
            return _not_sent(Stage.CONNECT, self._wire.lost if self._wire else None)
        origin(envelope.sender)
        try:
            asked = PendingEnvelope(envelope, commands(envelope, self._extensions))
        except ValueError as error:
            return Transaction(Outcome.REFUSED, Stage.ADDRESS, clean_reply(NO_REPLY, str(error), wire.server))
        if self._pipelining:
            asked.replies = wire.ask_all(b"".join(asked.commands), self._patience)
        return wire, asked

    @property
    def _patience(self) -> tuple[float, float, float]:
        return self._timeouts.command, self._timeouts.command, self._timeouts.data

    async def _let_in(self, wire: Wire, asked: PendingEnvelope) -> Transaction | None:
        """None when the server waits for the body."""
        one_go = bool(asked.replies)
        for index, (stage, wanted) in enumerate(STEPS):
            if one_go:
                reply = await asked.replies[index]
            else:
                reply = await wire.ask(asked.commands[index], self._patience[index])
            # A good reply is worth nothing when a stray one came with it.
            last = not one_go or stage is Stage.DATA
            if reply is None or (last and wire.lost is not None and reply.code // 100 == wanted):
                return _not_sent(stage, wire.lost)
            if reply.code // 100 != wanted:
                return self._judged(wire, asked, stage, reply)
            self.sent += stage is Stage.MAIL
        return None

    def _judged(self, wire: Wire, asked: PendingEnvelope, stage: Stage, reply: Reply) -> Transaction:
        if reply.code // 100 not in _REFUSALS:
            wire.kill(f"a reply that does not fit: {reply.code} {reply.text}")
            return _not_sent(stage, wire.lost)
        # What else there is to say is said before the next envelope: a hung RSET must not spoil what is known of this one.
        self._refused = stage, asked
        return Transaction(_REFUSALS[reply.code // 100], stage, reply)

    async def _cleared(self) -> Wire | None:
        """The wire, with nothing left of a refused envelope; None when it is dead."""
        wire, refused = self._wire, self._refused
        self._refused = None
        if wire is not None and refused is not None:
            stage, asked = refused
            if asked.replies and stage is not Stage.DATA:
                await self._answer_data(wire, asked)
            if stage is not Stage.MAIL:
                reply = await wire.ask(b"RSET\r\n", self._timeouts.command)
                if reply is not None and reply.code // 100 != DONE:
                    wire.kill(f"RSET was refused: {reply.code} {reply.text}")
        return wire if wire is not None and wire.lost is None else None

    async def _answer_data(self, wire: Wire, asked: PendingEnvelope) -> None:
        """RFC 2920 §3.1: a DATA behind a refused recipient may be let through, then an empty message goes, and must fail."""
        recipient, data = await asked.replies[1], await asked.replies[2]
        if recipient is None or data is None or data.code // 100 in _REFUSALS:
            return
        if data.code // 100 == GO_ON and recipient.code // 100 in _REFUSALS:
            data = await wire.ask(b".\r\n", self._timeouts.dot)
            if data is None or data.code // 100 in _REFUSALS:
                return
        wire.kill(f"DATA went on without a recipient: {data.code} {data.text}")

    async def _body(self, wire: Wire, message: bytes, following: Envelope | None) -> Transaction:
        ahead = self._announcement(following)
        end = b".\r\n" + b"".join(ahead.commands if ahead else ())
        taken = wire.write_at_once((message, end))
        for start in range(taken, len(message), _BLOCK):
            if not await wire.send(message[start : start + _BLOCK], self._timeouts.block):
                return _not_sent(Stage.DATA, wire.lost)
        self._ahead = ahead
        patience = (self._timeouts.dot, *self._patience) if ahead else (self._timeouts.dot,)
        dot, *replies = wire.ask_all(end[max(taken - len(message), 0) :], patience)
        if ahead:
            ahead.replies = replies
        reply = await dot
        outcome = None if reply is None else _AFTER_DOT.get(reply.code // 100)
        if reply is not None and outcome is not None:
            return Transaction(outcome, Stage.DOT, reply)
        if reply is not None:
            wire.kill(f"a reply that does not fit: {reply.code} {reply.text}")
        return Transaction(Outcome.UNKNOWN, Stage.DOT, wire.lost or Reply(NO_REPLY, "no reply"))

    def _announcement(self, following: Envelope | None) -> PendingEnvelope | None:
        if following is None or not self._pipelining:
            return None
        try:
            return PendingEnvelope(following, commands(following, self._extensions))
        except ValueError:  # its own transaction says so
            return None

    async def close(self) -> None:
        """QUIT when the session still works and no envelope is open, waiting no longer than `timeouts.quit`; then the connection is gone."""
        wire, self._wire = self._wire, None
        # A QUIT in the place of a body would be one.
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


def _not_sent(stage: Stage, reply: Reply | None) -> Transaction:
    return Transaction(Outcome.NOT_SENT, stage, reply or Reply(NO_REPLY, "the connection ended"))


def _dot_stuffed(message: bytes) -> bytes:
    """RFC 5321 §4.5.2, and a line end before the dot that follows."""
    if _DOT.search(message):  # three times as fast as `in` where line ends are frequent
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message if message.endswith(b"\r\n") else message + b"\r\n"
