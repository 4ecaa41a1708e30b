"""Two runs never do the same work: one lock a stage, held on an open file, so that a killed process lets go of it.

No child inherits the descriptor: an upload command that outlives its killed run does not keep the lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syndication.errors import LockedError, StoreError

__all__ = ["hold"]


@contextmanager
def hold(folder: Path, name: str) -> Iterator[None]:
    """Hold a lock file in `folder` named after the work (flock(2)). Raises LockedError at once when another process has it."""
    path = folder / f"{name.replace(' ', '-')}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(
            f"The lock file {path} cannot be opened ({error.strerror}).", "Make the folder writable."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                f"Another run is at work on {name}.",
                "Wait until it has ended; nothing was changed.",
            ) from None
        yield
    finally:
        os.close(descriptor)
