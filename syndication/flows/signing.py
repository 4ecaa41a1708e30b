"""The site's DKIM keys: read when the first mail is made, and made by `syndicate dkim new`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syndication.errors import SettingsError, StoreError, UsageError
from syndication.flows.secrets import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from syndication.deliver.dkim import DkimKey, KeyType
    from syndication.deliver.dkim_keys import PrivateKey


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A configured key. `setting` is the configuration key that names the file, `type` the required type (None: any)."""

    domain: str
    selector: str
    file: Path
    setting: str
    type: KeyType | None = None

    @property
    def name(self) -> str:
        """Return the DNS name of its public key."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(slots=True)
class Signing:
    """The configured keys. They are read when a mail is made: users who only list articles may lack the permission."""

    files: tuple[KeyFile, ...]
    _keys: tuple[DkimKey, ...] | None = field(default=None, repr=False)

    @property
    def names(self) -> str:
        """Return which keys sign, as a mailing freezes it."""
        return " ".join(key.name for key in self.files)

    def ready(self) -> tuple[DkimKey, ...]:
        """Return all keys. Raises SettingsError for a file without one, so that a run stops before it does anything."""
        if self._keys is None:
            self._keys = tuple(read_key(each).named(each.domain, each.selector) for each in self.files)
        return self._keys

    def keys(self, frozen: str) -> tuple[DkimKey, ...]:
        """Return the keys that sign a mailing frozen with the names `frozen`: those still configured, so that a resend has the same bytes.

        When none of them is left, all that are configured now: a removed key must not stop a mailing.
        """
        names = frozen.split()
        return tuple(key for key in self.ready() if key.name in names) or self.ready()


def read_key(key: KeyFile) -> PrivateKey:
    """Read and check a key's file. Raises SettingsError."""
    from syndication.deliver.dkim_keys import parse_key

    try:
        found = parse_key(key.file.read_bytes())
        if key.type not in (None, found.type):
            raise ValueError(f"it holds an {found.type.upper()} key")  # noqa: TRY301 (one sentence for all reasons)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except ValueError as error:
        reason = str(error)
    else:
        return found
    raise SettingsError(
        f"The DKIM key {key.file} cannot be used: {reason}.",
        f"Correct {key.setting}, or make a new key with `syndicate dkim new`.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A new key: its file, its TXT record (name, text, and the whole line of a zone file), and the lines for the configuration."""

    file: Path
    name: str
    text: str
    record: str
    settings: str


def make_key(file: Path, kind: KeyType, *, domain: str, selector: str, site: Path) -> NewKey:
    """Write a new key (mode 0600). Raises UsageError for an existing file or a wrong selector, StoreError when it cannot be written."""
    from syndication.deliver.dkim_keys import dns_record, new_key

    key = new_key(kind)
    try:
        name = key.named(domain, selector).name
    except ValueError as error:
        raise UsageError(f"{error}.", "A selector is a name like rsa-202611.") from None
    _write(file, key.pem)
    prefix = "ed25519_" if kind == "ed25519" else ""
    path = file.relative_to(site) if file.is_relative_to(site) else file
    return NewKey(
        file=file,
        name=name,
        text=key.record,
        record=dns_record(name, key.record),
        settings=f'[dkim]\n{prefix}selector = "{selector}"\n{prefix}key_file = {_toml(str(path))}',
    )


def _write(file: Path, pem: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, pem, os.O_EXCL)
    except FileExistsError:
        raise UsageError(
            f"{file} is there already, and a key is never overwritten.",
            "Choose another name with --selector or --out.",
        ) from None
    except OSError as error:
        raise StoreError(
            f"{file} cannot be written ({error.strerror}).", "Choose another place with --out."
        ) from error


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
