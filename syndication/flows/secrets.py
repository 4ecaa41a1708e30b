"""The site's secret keys: the first run makes one, and keys are only ever added, because every unsubscribe link ever mailed must keep working."""

import os
from collections.abc import Callable
from pathlib import Path

from syndication.domain.tokens import Keyring
from syndication.errors import SettingsError, StoreError


def open_keyring(file: Path, random_bytes: Callable[[int], bytes], *, keep: bool = True) -> Keyring:
    """Read the keys, or make the first one (mode 0600) when there is no file; with `keep` False in memory only.

    Raises StoreError when the file cannot be read or written, SettingsError when it is damaged.
    """
    try:
        if not file.exists():
            line = Keyring.line(random_bytes(3), random_bytes(32))
            if not keep:
                return Keyring.parse(line)
            _make(file, line)
    except OSError as error:
        raise _unusable(file, error) from error
    return read_keyring(file)


def read_keyring(file: Path) -> Keyring:
    """Return the keys that are in the file now. Raises StoreError, SettingsError."""
    try:
        return Keyring.parse(_text(file))
    except OSError as error:
        raise _unusable(file, error) from error
    except ValueError as error:
        reason = "it is not ASCII text" if isinstance(error, UnicodeError) else error
        raise SettingsError(
            f"The secrets file {file} is damaged: {reason}.",
            "Restore it from a backup: the links in mails already sent need its keys.",
        ) from None


def _text(file: Path) -> str:
    """Return the text without a byte order mark. Raises OSError, and UnicodeError if it is not ASCII."""
    text = file.read_text(encoding="utf-8-sig")
    text.encode("ascii")
    return text


def rotate(file: Path, random_bytes: Callable[[int], bytes]) -> str:
    """Add a key that signs from now on, and return its id; the old ones still verify. Raises StoreError, SettingsError.

    The file is replaced as a whole: another process, and a run after a crash, read either the old or the new one.
    """
    keys = {known for known, _ in read_keyring(file).keys}
    line = Keyring.line(random_bytes(3), random_bytes(32))
    while line.partition(" ")[0] in keys:  # an id has 20 bits: it may exist already
        line = Keyring.line(random_bytes(3), random_bytes(32))
    try:
        draft = _draft(file, f"{line}\n{_text(file)}")
        draft.replace(file)
    except OSError as error:
        raise _unusable(file, error) from error
    return line.partition(" ")[0]


def _unusable(file: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The secrets file {file} cannot be used ({error.strerror}).", "Let its owner read and write it."
    )


def _make(file: Path, line: str) -> None:
    """Create the file. When two first runs do this at the same time, link(2) fails for the slower one, which then uses the other's key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(file, f"{line}\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _draft(file: Path, text: str) -> Path:
    """Write the text to disk, beside `file`, readable by its owner only."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    write_private(draft, text.encode("ascii"), os.O_TRUNC)
    return draft


def write_private(file: Path, data: bytes, flag: int) -> None:
    """Write a file to disk that only its owner may read. The `flag` says what to do when it exists: os.O_TRUNC or os.O_EXCL."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | flag, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
