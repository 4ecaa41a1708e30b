"""Bounces from an mbox: one file, locked while it is open, as the mail server locks it to deliver."""

import mailbox
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from syndication.bounces.box import BoxMessage, unreadable
from syndication.bounces.message import LARGEST
from syndication.errors import MailboxError

_READ = re.compile(rb"^status:[ \t]*[A-Z]*R", re.IGNORECASE | re.MULTILINE)


class Mbox:
    """The file. Without `delete`, messages that were taken are marked as read (`Status: RO`)."""

    def __init__(self, file: Path, *, delete: bool) -> None:
        self._file, self._delete = file, delete

    def __enter__(self) -> Self:
        try:
            self._box = mailbox.mbox(self._file, create=False)
        except mailbox.NoSuchMailboxError:
            raise MailboxError(f"There is no mailbox {self._file}.", "Correct bounces.mbox.") from None
        except OSError as error:
            raise unreadable(self._file, error) from error
        try:
            self._box.lock()  # flock, and FILE.lock if that can be created
        except mailbox.ExternalClashError:
            self._box.close()
            raise MailboxError(
                f"The mailbox {self._file} is locked by another program.", "Run again in a moment."
            ) from None
        except OSError as error:
            self._box.close()
            raise unreadable(self._file, error) from error
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self._box.close()  # writes what changed, then unlocks
        except (mailbox.Error, OSError) as error:
            fault = error if isinstance(error, OSError) else OSError(str(error))
            raise unreadable(self._file, fault) from error

    def names(self) -> Sequence[str]:
        """Return the keys of all messages, in order."""
        try:
            return list(self._box.keys())
        except OSError as error:
            raise unreadable(self._file, error) from error

    def read(self, name: str) -> BoxMessage | None:
        """Return a message unless it is marked as read; with `delete`, any. It is not parsed: the library's parser recurses."""
        try:
            data = self._box.get_bytes(name)[:LARGEST]
        except OSError as error:
            raise unreadable(self._file, error) from error
        taken = not self._delete and _READ.search(data.partition(b"\n\n")[0])
        return None if taken else BoxMessage(name, data)

    def done(self, message: BoxMessage) -> None:
        """Mark it as read, or remove it; the file changes when the box is closed."""
        if self._delete:
            self._box.remove(message.name)
            return
        start, _, rest = self._box.get_bytes(message.name, from_=True).partition(b"\n")
        head, _, body = rest.partition(b"\n\n")
        lines = b"\n".join(line for line in head.split(b"\n") if not line.lower().startswith(b"status:"))
        self._box[message.name] = start + b"\n" + lines + b"\nStatus: RO\n\n" + body
