"""What is polled: a mailbox whose messages are read one after the other, and put aside once they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from syndication.errors import MailboxError

__all__ = ["Box", "BoxMessage", "unreadable"]


@dataclass(frozen=True, slots=True)
class BoxMessage:
    """A message, and the name that its box knows it by."""

    name: str
    data: bytes


class Box(Protocol):
    """A context; its methods block. They raise MailboxError, and `done` is called only for what is durably kept."""

    def __enter__(self) -> Self:
        """Open it."""

    def __exit__(self, *exc: object) -> None:
        """Close it, and keep what was put aside."""

    def names(self) -> Sequence[str]:
        """Of the messages that are there now, in order."""

    def read(self, name: str) -> BoxMessage | None:
        """One of them; None for one that was taken already, or is gone by now."""

    def done(self, letter: BoxMessage) -> None:
        """Put a message aside as configured: marked as seen, or deleted."""


def unreadable(what: Path | str, error: OSError) -> MailboxError:
    """The error of a box on this machine."""
    return MailboxError(
        f"The mailbox {what} cannot be used ({error.strerror or error}).",
        "Let this user read and write it, or mend [bounces].",
    )
