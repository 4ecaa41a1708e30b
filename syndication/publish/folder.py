"""The published folder: files are replaced as a whole, and only if their bytes change."""

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
    """Writes files below `root`. `changed` has the paths written so far, for the report and the hubs; `missing` the names of images
    that were neither collected nor published before. The caller holds the publishing lock, so there is one process at a time; threads may
    write different files at the same time.

    The folder of a dry run is an overlay over the `published` one: files that it does not have are read there, but never written there.
    """

    def __init__(self, root: Path, published: Path | None = None) -> None:
        self.root = root
        self._published = published
        self._removed: set[Path] = set()
        self.changed: list[str] = []
        self.missing: list[str] = []
        self._inside: set[Path] = set()  # folders that were checked
        self._open: set[Path] = set()  # folders whose entries are not synced yet

    def write(self, path: str, data: bytes, *, packed: bytes = b"") -> bool:
        """Write `data` to `path`, and for text a `.gz` beside it (`packed`, if given). Returns False if both are there already, untouched.

        Other processes see the old file or the new one, during the write and after a crash. Raises PublishError for a path that leaves the
        folder, and for any error of the disk.
        """
        with _reported(path):
            target = self._target(path)
            changed = not _holds(self._seen(target), data)
            if changed:
                self._replace(target, data)
            if target.suffix in _COMPRESSED and not _holds_packed(self._seen(_beside(target)), data):
                self._replace(_beside(target), packed or compressed(data))
                changed = True
            if changed:
                self.changed.append(path)
        return changed

    def _replace(self, target: Path, data: bytes) -> None:
        folder = target.parent
        while folder != self.root and not folder.is_dir():  # a new folder has a new entry in its parent
            self._open.add(folder)
            folder = folder.parent
        self._open.add(folder)
        _put(target, data)

    def flush(self) -> None:
        """Sync the names of the files that were written and removed so far, folder by folder."""
        for folder in sorted(self._open):
            with _reported(str(folder)), suppress(FileNotFoundError):
                descriptor = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        self._open.clear()

    def remove(self, path: str) -> None:
        """Remove the file and its `.gz`, and its folder if it is empty then. Raises PublishError like `write`."""
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
        """Return the file, or None if it is missing or its `.gz` differs. Raises PublishError like `write`."""
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
        """Copy the images NAME from `media` to `media/NAME`, and return how many were new. Raises PublishError like `write`."""
        copied = 0
        for name in names:
            if not _NAME.fullmatch(name):
                raise PublishError(
                    f"{name!r} is not a name that collecting gives to an image.", "Collect the article again."
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
        """Return the file that is read for `path`. Raises PublishError for a path that leaves the folder."""
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
                f"The path {path!r} is not inside the feeds folder.", "Nothing was written there."
            )
        return target

    def _is_inside(self, folder: Path) -> bool:
        """Return whether `folder` is below the root; a symbolic link may lead out of it."""
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
    """Return whether an image is there and matches its name, the first digits of its SHA-256."""
    try:
        return hashlib.sha256(image.read_bytes()).hexdigest().startswith(image.stem)
    except FileNotFoundError:
        return False


def _beside(target: Path) -> Path:
    return target.with_name(target.name + ".gz")


def _holds_packed(packed: Path, data: bytes) -> bool:
    """Return whether the `.gz` for servers (gzip_static) has this data, by its trailer: a crash may have come between the two files."""
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
    """Compress `data` as gzip without a time or a name: the same data gives the same bytes.

    This is most of the cost of a publish, hence level 4: level 6 takes twice as long to save a twentieth.
    """
    return gzip.compress(data, 4, mtime=0)


def _put(target: Path, data: bytes) -> None:
    """Replace `target` as a whole. The data is synced before the rename; `Folder.flush` syncs the name.

    The temporary name is fixed, so the next writer overwrites what a killed one left behind.
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
