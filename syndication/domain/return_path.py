"""Return paths: each mail has its own envelope sender (VERP), so that a bounce names its mail and its subscriber.

`bounces@news.example` becomes `bounces+TOKEN@news.example`. The token is 47 lowercase base32 characters: the key's id (4), the
subscriber's random key (16), the mailing's date in seconds since 1970 (7), and the first 100 bits of an HMAC-SHA256 (20). The local part
stays within 64 octets (RFC 5321 §4.5.3.1.1) if that of the address has at most 16. A token cannot be made without having seen the mail,
and the date tells an old bounce from one of a subscriber who has come back since.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syndication.domain.tokens import Keyring, Purpose

LONGEST_LOCAL = 16  # octets of `bounces.address` before its @
_KEY_ID, _SUBSCRIBER, _DATE, _MAC = 4, 16, 7, 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 §6, lowercase
_TOKEN = re.compile(rf"[a-z2-7]{{{_KEY_ID + _SUBSCRIBER + _DATE + _MAC}}}")


@dataclass(frozen=True, slots=True)
class Returned:
    """What a token proves: the subscriber's random key, and the date of the mail that came back."""

    subscriber: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """The return paths of one mailing: `address` is where its bounces go, `date` the mailing's own."""

    local: str
    domain: str
    date: str  # as in the token

    @classmethod
    def of(cls, address: str, date: datetime) -> "ReturnPath":
        """Make the return paths below `address`, which is ASCII, for a mailing of `date`, zone-aware, to the second."""
        local, _, domain = address.rpartition("@")
        return cls(local, domain, _written((date - _EPOCH) // timedelta(seconds=1)))

    def to(self, keyring: Keyring, subscriber: str, key_id: str = "") -> str:
        """Return the envelope sender of the mail to `subscriber`. Raises KeyError for an unknown `key_id`."""
        key_id = key_id or keyring.signer
        marked = subscriber + self.date
        mac = keyring.mac(key_id, Purpose.BOUNCE, marked)[:_MAC]
        return f"{self.local}+{key_id}{marked}{mac}@{self.domain}"


def return_tokens(address: str, recipients: str) -> tuple[str, ...]:
    """Return the token, not verified, of each return path below `address` that occurs in the text `recipients`."""
    local, _, domain = address.rpartition("@")
    pattern = (
        rf"(?<![^\s<>,;:\"'()=]){re.escape(local)}\+([^\s@<>,;\"]{{1,200}})@{re.escape(domain)}(?![\w.-]*\w)"
    )
    return tuple(dict.fromkeys(re.findall(pattern, recipients, re.IGNORECASE)))


def read_return(keyring: Keyring, token: str) -> Returned | None:
    """Read and verify a token; None if it is not ours. Upper case is accepted: mail servers change the case of addresses."""
    token = token.lower()
    if not _TOKEN.fullmatch(token):
        return None
    key_id, marked, mac = token[:_KEY_ID], token[_KEY_ID:-_MAC], token[-_MAC:]
    try:
        expected = keyring.mac(key_id, Purpose.BOUNCE, marked)[:_MAC]
    except KeyError:
        return None
    if not hmac.compare_digest(mac, expected):
        return None
    return Returned(marked[:_SUBSCRIBER], _EPOCH + timedelta(seconds=_read(marked[_SUBSCRIBER:])))


def _written(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * _DATE - 5, -1, -5))


def _read(text: str) -> int:
    number = 0
    for letter in text:
        number = number << 5 | _ALPHABET.index(letter)
    return number
