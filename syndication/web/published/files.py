"""The files of the published folder, opened to be served."""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
# There is no such file, for whatever reason in the name; other errors are faults.
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO})
REMEMBERED = 10_000  # hashes at most


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file: it stays the same when publishing replaces it."""

    etag: str  # a hash of its bytes, in quotation marks
    modified: int  # seconds since 1970
    size: int  # bytes
    descriptor: int

    def open(self) -> BinaryIO:
        """Return the file from its start; the caller closes it."""
        file = os.fdopen(os.dup(self.descriptor), "rb", buffering=0)
        file.seek(0)
        return file

    def read(self) -> bytes:
        """Return all of it."""
        with self.open() as file:
            return file.read()


@dataclass(slots=True)
class Files:
    """The files below `root`. Each is hashed once, and again when it was replaced."""

    root: Path
    _tags: dict[tuple[int, ...], str] = field(default_factory=dict)

    @contextmanager
    def opened(self, path: str) -> Iterator[Opened | None]:
        """Open a file. None if there is none, or if it is hidden, outside the folder or not a regular file.

        Raises OSError for an error of the disk or missing rights.
        """
        descriptor = self._descriptor(path)
        if descriptor is None:
            yield None
            return
        try:
            yield self._seen(descriptor)
        finally:
            os.close(descriptor)

    def holds(self, path: str) -> bool:
        """Whether there is such a file."""
        descriptor = self._descriptor(path)
        if descriptor is not None:
            os.close(descriptor)
        return descriptor is not None

    def _descriptor(self, path: str) -> int | None:
        # A part that begins with a dot leads upwards, or is a file that is being written.
        if _UNSAFE.search(path) or any(not part or part.startswith(".") for part in path.split("/")):
            return None
        target = self.root / path
        try:
            # A link may lead out of the folder; the folder itself may be a link.
            if not target.resolve().is_relative_to(self.root.resolve()):
                return None
            return os.open(
                target, os.O_RDONLY | os.O_NONBLOCK
            )  # O_NONBLOCK: a pipe would wait for its writer
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise
        except RuntimeError:  # a circle of links, in Python 3.11 and 3.12
            return None

    def _seen(self, descriptor: int) -> Opened | None:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return None
        key = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        tag = self._tags.get(key)
        if tag is None:
            with os.fdopen(os.dup(descriptor), "rb") as file:
                tag = f'"{hashlib.file_digest(file, "sha256").hexdigest()[:32]}"'
            if len(self._tags) >= REMEMBERED:
                self._tags.clear()
            self._tags[key] = tag
        return Opened(tag, int(facts.st_mtime), facts.st_size, descriptor)
