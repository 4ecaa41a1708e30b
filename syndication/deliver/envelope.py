"""The commands before a body: MAIL, RCPT, DATA, one after the other or in one go (RFC 2920)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from syndication.deliver.address import envelope_address
from syndication.deliver.wire import DONE, GO_ON
from syndication.domain.delivery import Reply, Stage

if TYPE_CHECKING:
    import asyncio

__all__ = ["STEPS", "Envelope", "PendingEnvelope", "commands", "origin"]

STEPS = (
    (Stage.MAIL, DONE),
    (Stage.RCPT, DONE),
    (Stage.DATA, GO_ON),
)  # and the first digit that lets us go on


class Envelope(NamedTuple):
    """Of one message: `sender` ("" is the null path), `recipient`, and the message's `size` in bytes (RFC 1870)."""

    sender: str
    recipient: str
    size: int


@dataclass(slots=True)
class PendingEnvelope:
    """An envelope on its way: its three commands, and the replies they are owed when they went in one go."""

    envelope: Envelope
    commands: tuple[bytes, bytes, bytes]
    replies: "list[asyncio.Future[Reply | None]]" = field(default_factory=list)

    def answered(self, step: int) -> Reply | None:
        """The reply to a command of those that went in one go, None before it is there or when it never comes."""
        future = self.replies[step]
        return future.result() if future.done() and not future.cancelled() else None

    def refusal(self) -> Reply | None:
        """The first reply that does not let us go on, None when there is none yet or the connection ended before it."""
        for index, (_, wanted) in enumerate(STEPS):
            reply = self.answered(index)
            if reply is None or reply.code // 100 != wanted:
                return reply
        return None


@lru_cache(maxsize=64)
def origin(sender: str) -> str:
    """The sender as it stands between angle brackets. Raises ValueError for what is no address."""
    return envelope_address(sender) if sender else ""


def commands(envelope: Envelope, extensions: Collection[str]) -> tuple[bytes, bytes, bytes]:
    """With the parameters that the server offers. Raises ValueError for an address that it cannot take, or that is none."""
    sender = origin(envelope.sender)
    recipient = envelope_address(envelope.recipient)
    parameters = (
        f" SIZE={envelope.size}" if "size" in extensions else ""
    )  # RFC 1870: refused before it travels
    if not (sender.isascii() and recipient.isascii()):
        if "smtputf8" not in extensions:
            raise ValueError("5.6.7 the server does not offer SMTPUTF8, which this address needs")
        parameters += (" BODY=8BITMIME" if "8bitmime" in extensions else "") + " SMTPUTF8"  # RFC 6531 §3.4
    return (
        f"MAIL FROM:<{sender}>{parameters}\r\n".encode(),
        f"RCPT TO:<{recipient}>\r\n".encode(),
        b"DATA\r\n",
    )
