"""A mailbox that is polled: its messages are read one by one, and put aside once they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from syndication.errors import MailboxError


@dataclass(frozen=True, slots=True)
class BoxMessage:
    """A message, and its name in its box."""

    name: str
    data: bytes


class Box(Protocol):
    """A context manager. Its methods block, and raise MailboxError. `done` is for messages that are stored durably."""

    def __enter__(self) -> Self:
        """Open it."""

    def __exit__(self, *exc: object) -> None:
        """Close it, and make what `done` did permanent."""

    def names(self) -> Sequence[str]:
        """Return the names of the messages that are there now, in order."""

    def read(self, name: str) -> BoxMessage | None:
        """Return a message; None if it was taken before, or no longer exists."""

    def done(self, message: BoxMessage) -> None:
        """Put a message aside as configured: mark it as seen, or delete it."""


def unreadable(what: Path | str, error: OSError) -> MailboxError:
    """Return the error for a box on this machine."""
    return MailboxError(
        f"The mailbox {what} cannot be used ({error.strerror or error}).",
        "Let this user read and write it, or correct [bounces].",
    )
