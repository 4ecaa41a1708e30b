"""One SMTP session: aiosmtplib connects, starts TLS and logs in; from then on the transport is ours (see `wire`).

A transaction answers with a value, never with an exception for what a network or a server does, and says on which side of the
final dot it ended: before it nothing was sent, after it without a reply nobody knows (RFC 1047).
"""

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import aiosmtplib

from syndication.deliver.address import envelope_address
from syndication.deliver.server import Security, SmtpServer
from syndication.deliver.transaction import Transaction
from syndication.deliver.wire import DONE, GO_ON, NO_REPLY, REFUSED, TRY_LATER, Wire, clean_reply
from syndication.domain.delivery import Outcome, Reply, Stage

if TYPE_CHECKING:
    import asyncio

__all__ = ["Session", "Timeouts", "Transaction"]

_REFUSALS = {TRY_LATER: Outcome.TRY_LATER, REFUSED: Outcome.REFUSED}
_AFTER_DOT = {DONE: Outcome.ACCEPTED, **_REFUSALS}  # any 2yz, 251 too
_DOT = re.compile(rb"\n\.")
_BLOCK = 65_536  # bytes of a message that share one `block` timeout


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, RFC 5321 §4.5.3.2. Impatience after the dot makes duplicates (RFC 1047): leave `dot` alone."""

    connect: float = 300  # each of: connecting, greeting, EHLO, TLS, every AUTH step
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
        self._resetting: asyncio.Future[Reply | None] | None = None
        self.sent = 0  # transactions that came past MAIL on this connection

    @property
    def usable(self) -> bool:
        """Whether another message may be sent on it."""
        return self._wire is not None and self._wire.lost is None

    async def connect(
        self, server: SmtpServer, *, ssl_context: ssl.SSLContext | None, hostname: str, timeouts: Timeouts
    ) -> Reply | None:
        """Connect, secure, introduce as `hostname`, log in. None when the session is usable, else the reply that says why not."""
        self._timeouts = timeouts
        if server.security is not Security.PLAIN and ssl_context is None:
            raise ValueError("a TLS connection needs the context that all connections share")
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=hostname,
            timeout=timeouts.connect,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            username=server.username or None,
            password=server.password if server.username else None,
            tls_context=None if server.security is Security.PLAIN else ssl_context,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _introduce(client)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            return clean_reply(error.code, error.message, str(server))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            return clean_reply(NO_REPLY, str(error) or type(error).__name__, str(server))
        except BaseException:  # cancelled between two replies
            client.close()
            raise
        return self._take_over(client, str(server))

    def _take_over(self, client: aiosmtplib.SMTP, server: str) -> Reply | None:
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
        return wire.lost

    async def transact(self, sender: str, recipient: str, message: bytes) -> Transaction:
        """Send final bytes (CRLF, not dot-stuffed) from `sender` ("" is the null path) to `recipient`.

        Raises ValueError for a sender that is no address. When cancelled the session is dead, since replies are still owed.
        """
        try:
            return await self._transact(sender, recipient, message)
        except BaseException:
            if self._wire is not None:
                self._wire.kill("cancelled")
            raise

    async def _transact(self, sender: str, recipient: str, message: bytes) -> Transaction:
        wire = await self._rested()
        if wire is None:
            return _not_sent(Stage.CONNECT, self._wire.lost if self._wire else None)
        origin = envelope_address(sender) if sender else ""
        try:
            target = envelope_address(recipient)
            utf8 = self._needs_utf8(origin, target)
        except ValueError as error:
            return Transaction(Outcome.REFUSED, Stage.ADDRESS, clean_reply(NO_REPLY, str(error), wire.server))
        steps = (
            (
                Stage.MAIL,
                f"MAIL FROM:<{origin}>{self._parameters(len(message), utf8=utf8)}",
                self._timeouts.command,
                DONE,
            ),
            (Stage.RCPT, f"RCPT TO:<{target}>", self._timeouts.command, DONE),
            (Stage.DATA, "DATA", self._timeouts.data, GO_ON),
        )
        for stage, command, seconds, wanted in steps:
            if stopped := self._judge(
                wire, stage, await wire.ask(f"{command}\r\n".encode(), seconds), wanted
            ):
                return stopped
            self.sent += stage is Stage.MAIL
        return await self._body(wire, message)

    async def _rested(self) -> Wire | None:
        """The wire, once the RSET after a refusal is answered; None when it is dead."""
        wire, resetting = self._wire, self._resetting
        if wire is not None and resetting is not None:
            self._resetting = None
            reply = await resetting
            if reply is not None and reply.code // 100 != DONE:
                wire.kill(f"RSET was refused: {reply.code} {reply.text}")
        return wire if wire is not None and wire.lost is None else None

    def _needs_utf8(self, origin: str, target: str) -> bool:
        if origin.isascii() and target.isascii():
            return False
        if "smtputf8" not in self._extensions:
            raise ValueError("5.6.7 the server does not offer SMTPUTF8, which this address needs")
        return True

    def _parameters(self, size: int, *, utf8: bool) -> str:
        offered = f" SIZE={size}" if "size" in self._extensions else ""  # RFC 1870: refused before it travels
        if not utf8:
            return offered
        return (
            offered + (" BODY=8BITMIME" if "8bitmime" in self._extensions else "") + " SMTPUTF8"
        )  # RFC 6531 §3.4

    def _judge(self, wire: Wire, stage: Stage, reply: Reply | None, wanted: int) -> Transaction | None:
        """None when the reply to a command allows the next one."""
        if reply is None or (reply.code // 100 == wanted and wire.lost is not None):
            return _not_sent(stage, wire.lost)  # a good reply is worth nothing when a stray one came with it
        if reply.code // 100 == wanted:
            return None
        if reply.code // 100 not in _REFUSALS:
            wire.kill(f"a reply that does not fit: {reply.code} {reply.text}")
            return _not_sent(stage, wire.lost)
        if wire.lost is None and stage is not Stage.MAIL:
            # Its reply is awaited by the next transaction: a hung RSET must not spoil what is known of this one.
            self._resetting = wire.ask(b"RSET\r\n", self._timeouts.command)
        return Transaction(_REFUSALS[reply.code // 100], stage, reply)

    async def _body(self, wire: Wire, message: bytes) -> Transaction:
        stuffed = _dot_stuffed(message)
        for start in range(0, len(stuffed), _BLOCK):
            if not await wire.send(stuffed[start : start + _BLOCK], self._timeouts.block):
                return _not_sent(Stage.DATA, wire.lost)
        reply = await wire.ask(b".\r\n", self._timeouts.dot)
        outcome = None if reply is None else _AFTER_DOT.get(reply.code // 100)
        if reply is not None and outcome is not None:
            return Transaction(outcome, Stage.DOT, reply)
        if reply is not None:
            wire.kill(f"a reply that does not fit: {reply.code} {reply.text}")
        return Transaction(Outcome.UNKNOWN, Stage.DOT, wire.lost or Reply(NO_REPLY, "no reply"))

    async def close(self) -> None:
        """QUIT when the session still works, waiting no longer than `timeouts.quit`; then the connection is gone."""
        wire, self._wire = self._wire, None
        if wire is None:
            return
        try:
            if wire.lost is None:
                await wire.ask(b"QUIT\r\n", self._timeouts.quit)
        finally:
            wire.kill("closed")
        await wire.closed(self._timeouts.quit)


async def _introduce(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


def _not_sent(stage: Stage, reply: Reply | None) -> Transaction:
    return Transaction(Outcome.NOT_SENT, stage, reply or Reply(NO_REPLY, "the connection ended"))


def _dot_stuffed(message: bytes) -> bytes:
    """RFC 5321 §4.5.2, and a line end before the dot that follows."""
    if _DOT.search(message):  # three times as fast as `in` where line ends are frequent
        message = message.replace(b"\r\n.", b"\r\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message if message.endswith(b"\r\n") else message + b"\r\n"
