"""The files of a log: find them by a pattern, unpack them while reading, and yield blocks of lines."""

import bz2
import glob
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from syndication.errors import CollectError

_BLOCK = 2**18  # bytes: it fits the CPU's cache, and is half as fast again as a megabyte
_LONGEST = 2**16  # bytes of a line: servers accept no longer request
_UNPACK: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
_ZSTANDARD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class LogFiles:
    """The files to read, sorted by name, and how many were skipped because they were last written before the week."""

    files: tuple[Path, ...]
    passed_over: int


@dataclass(frozen=True, slots=True)
class LogBlock:
    """Some whole lines, without their line ends, and the position in the file (in bytes; if it is compressed, in its compressed form)."""

    lines: list[bytes]
    position: int


def find_logs(pattern: Path, *, since: datetime) -> LogFiles:
    """Find the files that `pattern` matches (`*` and `?` as in a shell) and that were written since `since`.

    Raises CollectError when there is no file, or one cannot be inspected.
    """
    named = [pattern] if pattern.exists() else [Path(name) for name in sorted(glob.glob(str(pattern)))]  # noqa: PTH207 - an absolute pattern
    files = [path for path in named if path.is_file()]
    if not files:
        raise CollectError(
            f"There is no access log {pattern}.", "Check [hot] path; * matches any part of a name."
        )
    try:
        recent = tuple(path for path in files if path.stat().st_mtime >= since.timestamp())
    except OSError as error:
        raise _unreadable(pattern, error) from None
    return LogFiles(recent, len(files) - len(recent))


def readable_logs(pattern: Path, *, since: datetime) -> tuple[Path, ...]:
    """Open each file of `find_logs` once, and return them. Raises CollectError if one cannot be read."""
    found = find_logs(pattern, since=since).files
    for path in found:
        try:
            with path.open("rb") as raw:
                _unpacked(path, raw)
        except OSError as error:
            raise _unreadable(path, error) from None
    return found


def blocks(path: Path) -> Iterator[LogBlock]:
    """Yield the lines of a file, unpacking gzip, bzip2 and xz. Raises CollectError when it cannot be read to its end."""
    try:
        with path.open("rb") as raw, _unpacked(path, raw) as stream:
            rest = b""
            while chunk := stream.read(_BLOCK):
                lines = (rest + chunk).split(b"\n")
                rest = lines.pop()
                if len(rest) > _LONGEST:
                    lines.append(rest)
                    rest = b""
                yield LogBlock(lines, raw.tell())
            if rest:
                yield LogBlock([rest], raw.tell())
    except EOFError:
        raise CollectError(
            f"The access log {path} is truncated.", "Unpack it by hand, or remove it."
        ) from None
    except (OSError, zlib.error, lzma.LZMAError) as error:
        raise _unreadable(path, error) from None


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    begins = raw.read(6)
    raw.seek(0)
    if begins.startswith(_ZSTANDARD):
        raise CollectError(
            f"The access log {path} is packed with zstd.", "Unpack it, or let logrotate use gzip."
        )
    for magic, unpack in _UNPACK.items():
        if begins.startswith(magic):
            packed: IO[bytes] = unpack(raw)
            return packed
    return raw


def _unreadable(path: Path, error: Exception) -> CollectError:
    reason = getattr(error, "strerror", None) or str(error)
    return CollectError(
        f"The access log {path} cannot be read: {reason}.",
        "Let this user read it; on Debian the group adm may.",
    )
