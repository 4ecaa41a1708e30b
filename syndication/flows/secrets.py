"""The site's secrets: made by the first run, then only ever added to, because every unsubscribe link ever mailed must work for good."""

import os
from collections.abc import Callable
from pathlib import Path

from syndication.domain.tokens import Keyring
from syndication.errors import SettingsError, StoreError

__all__ = ["open_keyring", "read_keyring", "rotate"]


def open_keyring(file: Path, random_bytes: Callable[[int], bytes], *, keep: bool = True) -> Keyring:
    """Read the secrets, or make the first key (mode 0600) when there is no file; with `keep` False in memory only.

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
    """The keys as they stand in the file now. Raises StoreError, SettingsError."""
    try:
        return Keyring.parse(file.read_text(encoding="ascii"))
    except OSError as error:
        raise _unusable(file, error) from error
    except ValueError as error:
        reason = "it is not ASCII text" if isinstance(error, UnicodeError) else error
        raise SettingsError(
            f"The secrets file {file} is damaged: {reason}.",
            "Restore it from a backup: the links of mails already sent need its keys.",
        ) from None


def rotate(file: Path, random_bytes: Callable[[int], bytes]) -> str:
    """Add a key that signs from now on, and return its id; the old ones still verify. Raises StoreError, SettingsError.

    Whoever reads meanwhile, and whoever comes after a crash, finds the old file or the new one.
    """
    keys = {known for known, _ in read_keyring(file).keys}
    line = Keyring.line(random_bytes(3), random_bytes(32))
    while line.partition(" ")[0] in keys:  # 20 bits: two ids may be alike
        line = Keyring.line(random_bytes(3), random_bytes(32))
    try:
        draft = _draft(file, f"{line}\n{file.read_text(encoding='ascii')}")
        draft.replace(file)
    except OSError as error:
        raise _unusable(file, error) from error
    return line.partition(" ")[0]


def _unusable(file: Path, error: OSError) -> StoreError:
    return StoreError(
        f"The secrets file {file} cannot be used ({error.strerror}).", "Let its owner read and write it."
    )


def _make(file: Path, line: str) -> None:
    """Two first runs at once agree on one key: link(2) fails for the one that was slower."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(file, f"{line}\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _draft(file: Path, text: str) -> Path:
    """The text on the disk, beside `file`, for its owner only."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
    ) as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return draft
