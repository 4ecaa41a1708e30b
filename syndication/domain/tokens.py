"""Signed links. Every unsubscribe link ever mailed must keep working, so keys are only added, never removed.

A token is 46 lowercase base32 characters: the key's id (4), the subscriber's random key (16), and the first 16 bytes of an
HMAC-SHA256 (RFC 2104) over both and the purpose (26). It has nothing personal in it, and is valid for one purpose only.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from syndication.domain.subscriber import same_address

_KEY_ID, _SUBSCRIBER, _MAC = 4, 16, 26
_BLOCK = 64  # bytes of a block of SHA-256
_TOKEN = re.compile(rf"[a-z2-7]{{{_KEY_ID + _SUBSCRIBER + _MAC}}}")


class Purpose:
    """What a token is valid for."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"
    BOUNCE = "bounce"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The site's secrets, newest first: the first signs, all verify."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)
    _begun: "dict[tuple[str, str], _Begun]" = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read lines of `id key` (id: 4 base32 characters, key: 32 bytes as base32). Raises ValueError, which quotes no line."""
        keys = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            match = re.fullmatch(r"([a-z2-7]{4}) ([a-z2-7]{52})", line.strip())
            if not match:
                raise ValueError(f"line {number} is not a key id and a key")
            keys.append((match[1], base64.b32decode(match[2].upper() + "====")))
        if not keys:
            raise ValueError("it holds no key")
        return cls(tuple(keys))

    @staticmethod
    def line(key_id: bytes, key: bytes) -> str:
        """Return one line of the file, from an id of 20 bits in 3 bytes and a key of 32 random bytes."""
        return f"{_b32(key_id)[:_KEY_ID]} {_b32(key)}"

    @property
    def signer(self) -> str:
        """The id of the key that signs now."""
        return self.keys[0][0]

    def sign(self, purpose: str, subscriber: str, key_id: str = "") -> str:
        """Return the token of the subscriber with the random key `subscriber`. Raises KeyError for an unknown `key_id`."""
        key_id = key_id or self.signer
        return key_id + subscriber + self.mac(key_id, purpose, subscriber)

    def verify(self, purpose: str, token: str) -> str | None:
        """Return the subscriber's random key, or None if the token is not ours or was made for another purpose."""
        token = token.strip().lower()
        if not _TOKEN.fullmatch(token):
            return None
        key_id, subscriber, mac = token[:_KEY_ID], token[_KEY_ID:-_MAC], token[-_MAC:]
        try:
            expected = self.mac(key_id, purpose, subscriber)
        except KeyError:
            return None
        return subscriber if hmac.compare_digest(mac, expected) else None

    def keyed_hash(self, text: str) -> str:
        """Return a keyed hash of an address (its case does not matter) or a network. Without the key it cannot be traced back."""
        return self._keyed_hash(self.signer, text)

    def keyed_hashes(self, text: str) -> tuple[str, ...]:
        """Return every keyed hash that `text` may have been stored under, one for each key."""
        return tuple(self._keyed_hash(key_id, text) for key_id, _ in self.keys)

    def _keyed_hash(self, key_id: str, text: str) -> str:
        return key_id + self.mac(key_id, "mark", same_address(text))

    def mac(self, key_id: str, purpose: str, text: str) -> str:
        """Return 26 characters that only the holder of the key can make for `text`. Raises KeyError for an unknown `key_id`."""
        begun = self._begun.get((key_id, purpose))
        if begun is None:
            begun = self._begun[key_id, purpose] = _begin(dict(self.keys)[key_id], f"{purpose}\0{key_id}\0")
        return _mac32(_hmac(begun, text.encode()))


def _b32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


_Begun: TypeAlias = "tuple[hashlib._Hash, hashlib._Hash]"  # noqa: SLF001 - typeshed has no other name


def _begin(key: bytes, start: str) -> _Begun:
    """Return the two hashes of an HMAC whose message begins with `start`."""
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    inner.update(start.encode())
    return inner, outer


def _hmac(begun: _Begun, rest: bytes) -> bytes:
    """Return an HMAC-SHA256 (RFC 2104) in a quarter of the time of `hmac.digest`: each mail needs two."""
    inner, outer = begun[0].copy(), begun[1].copy()
    inner.update(rest)
    outer.update(inner.digest())
    return outer.digest()


_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 §6, lowercase
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = tuple(range(120, -1, -10))


def _mac32(digest: bytes) -> str:
    """Return `_b32` of the first 16 bytes, in two thirds of the time."""
    number = int.from_bytes(digest[:16], "big") << 2  # 128 bits and 2 of padding are 26 characters
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
