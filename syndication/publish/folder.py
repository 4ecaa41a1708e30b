"""The published folder: files that are replaced whole, and only when their bytes change."""

import errno
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syndication.errors import PublishError

__all__ = ["Folder", "compressed"]

_COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".opml", ".svg", ".txt", ".xml"})
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_TRAILER = 8  # bytes: CRC-32 and length of what a gzip file holds (RFC 1952 §2.3.1)

_HINTS = {
    errno.ENOSPC: "Make room on the disk, then run again.",
    errno.EDQUOT: "Make room in the quota, then run again.",
    errno.EROFS: "The disk is mounted read-only: remount it or set feeds.directory elsewhere, then run again.",
    errno.EACCES: "Give the user who runs this the right to write there, then run again.",
    errno.EPERM: "Give the user who runs this the right to write there, then run again.",
}


class Folder:
    """Writes below `root`. `changed` are the paths written so far, for the report and the hubs; `missing` the names of images that
    were neither collected nor published before. One process at a time: the caller holds the publishing lock. Threads may write
    different files at the same time.

    A dry run's folder stands before the `published` one: what it does not have itself is read there, and nothing is ever written there.
    """

    def __init__(self, root: Path, published: Path | None = None) -> None:
        self.root = root
        self._published = published
        self._removed: set[Path] = set()
        self.changed: list[str] = []
        self.missing: list[str] = []
        self._inside: set[Path] = set()  # folders that were looked at
        self._open: set[Path] = set()  # folders whose names are not on the disk yet

    def write(self, path: str, data: bytes, *, packed: bytes = b"") -> bool:
        """Put `data` at `path`, and for text a `.gz` beside it, which is `packed` if that is given. False when both are there already:
        what is the same is not touched.

        Whoever reads meanwhile, and whoever comes after a crash, finds the old file or the new one. Raises PublishError for a path
        that leaves the folder, and for whatever the disk says.
        """
        with _reported(path):
            target = self._target(path)
            fresh = not _holds(self._seen(target), data)
            if fresh:
                self._replace(target, data)
            if target.suffix in _COMPRESSED and not _holds_packed(self._seen(_beside(target)), data):
                self._replace(_beside(target), packed or compressed(data))
                fresh = True
            if fresh:
                self.changed.append(path)
        return fresh

    def _replace(self, target: Path, data: bytes) -> None:
        folder = target.parent
        while folder != self.root and not folder.is_dir():  # then its own name is new too
            self._open.add(folder)
            folder = folder.parent
        self._open.add(folder)
        _put(target, data)

    def flush(self) -> None:
        """Bring what was written and removed so far onto the disk for good: the names of the files, a folder at a time."""
        for folder in sorted(self._open):
            with _reported(str(folder)), suppress(FileNotFoundError):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        self._open.clear()

    def remove(self, path: str) -> None:
        """Take the file and its `.gz` away, and its folder when nothing else is in it. Raises PublishError like `write`."""
        with _reported(path):
            target = self._target(path)
            if self._seen(target).exists():
                self.changed.append(path)
            for file in (target, _beside(target)):
                file.unlink(missing_ok=True)
                self._removed.add(file)
            for folder in target.parents:
                self._open.add(folder)
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()

    def read(self, path: str) -> bytes | None:
        """The file, or None when it is not there or its `.gz` holds something else. Raises PublishError like `write`."""
        with _reported(path):
            target = self._target(path)
            try:
                data = self._seen(target).read_bytes()
                packed = self._seen(_beside(target))
                if target.suffix in _COMPRESSED and gzip.decompress(packed.read_bytes()) != data:
                    return None
            except (FileNotFoundError, EOFError, zlib.error, gzip.BadGzipFile):
                return None
            return data

    def copy_media(self, names: Iterable[str], media: Path) -> int:
        """Copy the images NAME from `media` to `media/NAME`, and return how many were not there yet. Raises PublishError like `write`."""
        copied = 0
        for name in names:
            if not _NAME.fullmatch(name):
                raise PublishError(
                    f"The image name {name!r} is not one that collecting gives.", "Collect the article again."
                )
            with _reported(f"media/{name}"):
                copied += self._copy(name, media / name)
        return copied

    def _copy(self, name: str, source: Path) -> bool:
        target = self._target(f"media/{name}")
        try:
            data = source.read_bytes()
        except FileNotFoundError:
            if not _is_named_after(self._seen(target)):
                self.remove(f"media/{name}")
                self.missing.append(name)
            return False
        if _holds(self._seen(target), data):
            return False
        self._replace(target, data)
        self.changed.append(f"media/{name}")
        return True

    def where(self, path: str) -> Path:
        """The file that is read as `path`. Raises PublishError for a path that leaves the folder."""
        return self._seen(self._target(path))

    def _seen(self, target: Path) -> Path:
        if self._published is None or target in self._removed or target.exists():
            return target
        return self._published / target.relative_to(self.root)

    def _target(self, path: str) -> Path:
        parts = path.split("/")
        unsafe = _UNSAFE.search(path) or any(part in {"", ".", ".."} for part in parts)
        target = self.root.joinpath(*parts) if not unsafe else self.root
        if unsafe or not self._is_inside(target.parent):
            raise PublishError(
                f"The path {path!r} is not one inside the feeds folder.", "Nothing was written there."
            )
        return target

    def _is_inside(self, folder: Path) -> bool:
        """A link inside the root may lead out of it."""
        if folder not in self._inside:
            if not folder.resolve().is_relative_to(self.root.resolve()):
                return False
            self._inside.add(folder)
        return True


@contextmanager
def _reported(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = _HINTS.get(error.errno or 0, "Check the folder that feeds.directory names, then run again.")
        raise PublishError(
            f"The file {path} cannot be written to the feeds folder: {reason}.", hint
        ) from error


def _holds(target: Path, data: bytes) -> bool:
    try:
        return target.stat().st_size == len(data) and target.read_bytes() == data
    except FileNotFoundError:
        return False


def _is_named_after(image: Path) -> bool:
    """Whether an image is there and is what its name says, the first digits of its SHA-256."""
    try:
        return hashlib.sha256(image.read_bytes()).hexdigest().startswith(image.stem)
    except FileNotFoundError:
        return False


def _beside(target: Path) -> Path:
    return target.with_name(target.name + ".gz")


def _holds_packed(packed: Path, data: bytes) -> bool:
    """Whether the `.gz` that servers send instead (gzip_static) is of this data, by its trailer: a stop may have come between the two."""
    trailer = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    try:
        with packed.open("rb") as file:
            file.seek(-_TRAILER, os.SEEK_END)
            return file.read() == trailer
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EINVAL:  # shorter than a trailer
            raise
        return False


def compressed(data: bytes) -> bytes:
    """`data` as gzip without a time or a name: the same data, the same bytes.

    This is most of what a publish costs. Level 4: 6 takes twice as long for a twentieth less.
    """
    return gzip.compress(data, 4, mtime=0)


def _put(target: Path, data: bytes) -> None:
    """Replace `target`: whole, and on the disk before it has its name. `Folder.flush` brings the name there.

    The temporary name is fixed, so what a killed writer left behind is overwritten by the next.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
