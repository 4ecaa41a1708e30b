"""The commands before a message: MAIL, RCPT and DATA, one after the other or pipelined (RFC 2920)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from syndication.deliver.address import envelope_address
from syndication.deliver.transaction import COMMANDS, after
from syndication.domain.delivery import Reply, Stage

if TYPE_CHECKING:
    import asyncio


class Envelope(NamedTuple):
    """The envelope of one message: `sender` ("" is the null path), `recipient`, and the message's `size` in bytes (RFC 1870)."""

    sender: str
    recipient: str
    size: int


@dataclass(slots=True)
class PendingEnvelope:
    """An envelope that is being sent: its three commands and, if they were pipelined, the replies they are owed."""

    envelope: Envelope
    commands: tuple[bytes, bytes, bytes]
    replies: "list[asyncio.Future[Reply | None]]" = field(default_factory=list)

    def answered(self, step: int) -> Reply | None:
        """Return the reply to a pipelined command; None if it has not arrived yet, or never will."""
        future = self.replies[step]
        return future.result() if future.done() and not future.cancelled() else None

    def refusal(self) -> Reply | None:
        """Return the first reply that does not lead to the next stage; None if there is none yet or the connection ended before it."""
        for index, stage in enumerate(COMMANDS):
            reply = self.answered(index)
            if reply is None or not isinstance(after(stage, reply), Stage):
                return reply
        return None


@lru_cache(maxsize=64)
def origin(sender: str) -> str:
    """Return the sender as written between angle brackets. Raises ValueError if it is not an address."""
    return envelope_address(sender) if sender else ""


def commands(envelope: Envelope, extensions: Mapping[str, str]) -> tuple[bytes, bytes, bytes]:
    """Return the three commands, with the parameters that the server offers.

    Raises ValueError for an address that it cannot take, and for a message above its limit.
    """
    sender = origin(envelope.sender)
    recipient = envelope_address(envelope.recipient)
    limit = extensions.get("size", "").strip()  # RFC 1870 §4: 0 and nothing are no limit
    if limit.isdecimal() and 0 < int(limit) < envelope.size:
        raise ValueError(
            f"5.3.4 the mail has {envelope.size:,} bytes, and the server takes {int(limit):,} at most"
        )
    parameters = f" SIZE={envelope.size}" if "size" in extensions else ""
    if not (sender.isascii() and recipient.isascii()):
        if "smtputf8" not in extensions:
            raise ValueError("5.6.7 the server does not offer SMTPUTF8, which this address needs")
        parameters += (" BODY=8BITMIME" if "8bitmime" in extensions else "") + " SMTPUTF8"  # RFC 6531 §3.4
    return (
        f"MAIL FROM:<{sender}>{parameters}\r\n".encode(),
        f"RCPT TO:<{recipient}>\r\n".encode(),
        b"DATA\r\n",
    )
