"""Bounces from a Maildir: each message is a file, and the mail server may deliver at any time without a lock."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from syndication.bounces.box import BoxMessage, unreadable
from syndication.bounces.message import LARGEST
from syndication.errors import MailboxError


class Maildir:
    """The folder with `new/` and `cur/`. Without `delete`, messages that were taken move to `cur/` as seen."""

    def __init__(self, folder: Path, *, delete: bool) -> None:
        self._folder, self._delete = folder, delete

    def __enter__(self) -> Self:
        if not (self._folder / "new").is_dir():
            raise MailboxError(
                f"{self._folder} is not a Maildir.", "Correct bounces.maildir: a Maildir has a folder new/."
            )
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def names(self) -> Sequence[str]:
        """Return the messages in `new/`, and the unseen ones in `cur/`; with `delete`, all."""
        try:
            files = sorted((self._folder / "new").iterdir())
            if (current := self._folder / "cur").is_dir():
                files += sorted(
                    file for file in current.iterdir() if self._delete or "S" not in _flags(file.name)
                )
        except OSError as error:
            raise unreadable(self._folder, error) from error
        return [str(file) for file in files if not file.name.startswith(".") and file.is_file()]

    def read(self, name: str) -> BoxMessage | None:
        """Return a message; None when another program has moved it."""
        try:
            with Path(name).open("rb") as data:
                return BoxMessage(name, data.read(LARGEST))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(Path(name), error) from error

    def done(self, message: BoxMessage) -> None:
        """Delete it, or move it to `cur/` with the flag S."""
        file = Path(message.name)
        try:
            if self._delete:
                file.unlink(missing_ok=True)
                return
            name, flags = file.name.partition(":")[0], _flags(file.name)
            (self._folder / "cur").mkdir(exist_ok=True)
            file.rename(self._folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")
        except FileNotFoundError:
            pass
        except OSError as error:
            raise unreadable(file, error) from error


def _flags(name: str) -> str:
    return name.rpartition(":2,")[2] if ":2," in name else ""
