"""DKIM keys: reading and making them, and their DNS records (RFC 6376 §3.6.1, RFC 8463 §4)."""

import base64
import codecs
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from syndication.deliver.dkim import DkimKey, KeyType

_BITS = 2048  # the least that RFC 8301 §3.2 recommends; signing with 4096 takes seven times as long
_STRING = 255  # bytes of one string in a TXT record, RFC 1035 §3.3
_PADDING, _DIGEST = PKCS1v15(), Prehashed(SHA256())


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key that can be used for DKIM."""

    type: KeyType
    bits: int
    _key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    def named(self, domain: str, selector: str) -> DkimKey:
        """Return the key as the signer of `domain`, published under `selector`."""
        return DkimKey(domain, selector, f"{self.type}-sha256", self._sign)

    def _sign(self, digest: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(digest, _PADDING, _DIGEST)
        return self._key.sign(digest)  # RFC 8463 §3: PureEdDSA over the SHA-256 digest

    @property
    def pem(self) -> bytes:
        """The content of the key's file (PKCS #8, not encrypted)."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def record(self) -> str:
        """The text of its TXT record, as one string."""
        public = self._key.public_key()
        if isinstance(self._key, RSAPrivateKey):
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={self.type}; p={base64.b64encode(data).decode('ascii')}"


def new_key(kind: KeyType) -> PrivateKey:
    """Make a key: RSA with 2048 bits, or Ed25519. The randomness is OpenSSL's."""
    if kind == "rsa":
        return PrivateKey(kind, _BITS, generate_private_key(65537, _BITS))
    return PrivateKey(kind, 256, Ed25519PrivateKey.generate())


def parse_key(pem: bytes) -> PrivateKey:
    """Read a PEM file (PKCS #8 or PKCS #1). Raises ValueError with the reason as a clause that quotes nothing from the file."""
    try:
        key = load_pem_private_key(pem.removeprefix(codecs.BOM_UTF8), password=None)
    except TypeError:
        raise ValueError("it is encrypted with a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("it is not a private key in PEM form") from None
    if isinstance(key, Ed25519PrivateKey):
        return PrivateKey("ed25519", 256, key)
    if isinstance(key, RSAPrivateKey):
        if key.key_size < _BITS:
            raise ValueError(f"it has {key.key_size} bits, and mailbox providers want at least {_BITS}")
        return PrivateKey("rsa", key.key_size, key)
    raise ValueError("it is neither an RSA nor an Ed25519 key")


def dns_record(name: str, text: str) -> str:
    """Return a TXT record as a line of a zone file, in strings of at most 255 bytes that a verifier joins (RFC 6376 §3.6.2.2)."""
    strings = [f'"{text[at : at + _STRING]}"' for at in range(0, len(text), _STRING)]
    value = strings[0] if len(strings) == 1 else f"( {' '.join(strings)} )"
    return f"{name}. IN TXT {value}"
