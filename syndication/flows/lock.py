"""Locks that keep two runs from doing the same work: one for each stage, on an open file, so that a killed process releases it.

Children do not inherit the descriptor: an upload command that outlives its killed run does not keep the lock. Sender processes are
given it explicitly, so that the lock of a killed run is held until they have ended, too. No lock has an age; how long a dead run keeps
the batches it had claimed is `LEASE` in `flows/sending/round.py`.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syndication.errors import LockedError, StoreError, UsageError
from syndication.logs import logger

log = logger(__name__)


@contextmanager
def hold(folder: Path, name: str, inherited: int | None = None) -> Iterator[int]:
    """Hold a lock file in `folder` named after the work (flock(2)); yield its descriptor, for a child that is to hold it, too.

    `inherited` is the descriptor that such a child was given. Raises LockedError at once when another process has the lock, and
    UsageError when `inherited` is not this lock.
    """
    path = _file(folder, name)
    descriptor = _open(path) if inherited is None else _check(path, inherited)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                f"Another run is at work on {name}.",
                "Wait until it has ended; nothing was changed.",
            ) from None
        log.debug("lock held", lock=name)
        yield descriptor
    finally:
        os.close(descriptor)


def forget(folder: Path, name: str) -> None:
    """Delete the file of a lock that is never needed again."""
    _file(folder, name).unlink(missing_ok=True)


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name.replace(' ', '-')}.lock"


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(
            f"The lock file {path} cannot be opened ({error.strerror}).", "Make the folder writable."
        ) from error


def _check(path: Path, inherited: int) -> int:
    """Return an inherited descriptor. It shares the parent's lock, so only its holder can take that lock again (flock(2))."""
    try:
        if os.path.samestat(os.fstat(inherited), path.stat()):
            return inherited
    except OSError:
        pass
    raise UsageError(
        "A sender process is started by a run, never by hand.",
        "`syndicate run` and `syndicate deliver` start them.",
    )
