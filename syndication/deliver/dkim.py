"""DKIM signatures (RFC 6376; Ed25519: RFC 8463) over final bytes, made together with the message: nothing is parsed again.

The headers are signed relaxed, the body simple: `encoding` writes no white space that a relay would change, so the body is hashed as it
is. Every header is listed once more than it occurs, so that a second From or Subject breaks the signature (§8.15), and there is no `l=`,
which would let anybody append text (§8.2). `t=` is the frozen Date, and neither algorithm uses random numbers: the same message gets
the same signature again.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

KeyType: TypeAlias = Literal["rsa", "ed25519"]

SIGNED = (
    *("from", "reply-to", "date", "mime-version", "list-id", "feedback-id", "subject", "to", "message-id"),
    *("list-unsubscribe", "list-unsubscribe-post", "content-type"),
)
_NAMES = frozenset(SIGNED)
_LINE = 76  # columns
_NAME = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACES = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True)
class DkimKey:
    """A key that is ready to sign. `sign` makes the signature from a SHA-256 digest (32 bytes), with either algorithm, in any thread."""

    domain: str
    selector: str
    algorithm: str  # rsa-sha256 or ed25519-sha256
    sign: Callable[[bytes], bytes] = field(repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError for a domain or a selector that is not possible in the DNS, and so not in the header."""
        for what, text in (("domain", self.domain), ("selector", self.selector)):
            if not _NAME.fullmatch(text):
                raise ValueError(f"The {what} is not made of letters, digits, hyphens and dots")

    @property
    def name(self) -> str:
        """The DNS name of its public key."""
        return f"{self.selector}._domainkey.{self.domain}"


class Unsigned(NamedTuple):
    """A DKIM-Signature header up to its value, and the digest that `sign` makes the value from."""

    start: bytes
    digest: bytes
    sign: Callable[[bytes], bytes]

    def signed(self) -> bytes:
        """Return the complete header."""
        return self.start + _folded_value(self.sign(self.digest)) + b"\r\n"


class Seal:
    """The signatures of one letter's messages, one for each of `keys`.

    `constant` has the complete header lines that all messages share; they are canonicalised and hashed once. Raises ValueError for a
    date without a time zone.
    """

    def __init__(self, keys: Iterable[DkimKey], date: datetime, constant: bytes = b"") -> None:
        if date.tzinfo is None:
            raise ValueError("the date of a signature needs a time zone")
        shared = _canonical(constant)
        self._varying = tuple(name for name in SIGNED if name not in shared)
        self._shared = hashlib.sha256(b"".join(shared[name] for name in SIGNED if name in shared))
        names = (*(name for name in SIGNED if name in shared), *self._varying, *SIGNED)
        self._heads = tuple((key.sign, *_head(key, int(date.timestamp()), names)) for key in keys)

    def unsigned(self, varying: bytes, body: bytes) -> list[Unsigned]:
        """Return the DKIM-Signature headers of one message, unsigned; once signed, they go in front of it.

        `varying` has its header lines that are not among the constant ones, each name once at most; `body` is what follows the empty
        line, not dot-stuffed. A missing header is signed as missing.
        """
        lines = _canonical(varying)
        hashed = self._shared.copy()
        hashed.update(b"".join(lines[name] for name in self._varying if name in lines))
        body_hash = base64.b64encode(hashlib.sha256(_simple(body)).digest())
        out = []
        for sign, head, canonical_head in self._heads:
            signed = hashed.copy()
            # §3.7: the header itself comes last, with an empty b= and no line end
            signed.update(canonical_head + body_hash + b"; b=")
            out.append(Unsigned(head + body_hash + b";\r\n b=", signed.digest(), sign))
        return out


def _head(key: DkimKey, at: int, names: Sequence[str]) -> tuple[bytes, bytes]:
    """Return the header up to the value of `bh=`, as written and in canonical form."""
    head = _folded(
        (
            *("DKIM-Signature:", " v=1;", f" a={key.algorithm};", " c=relaxed/simple;"),
            *(f" d={key.domain};", f" s={key.selector};", f" t={at};", " h="),
            *(f"{name}:" for name in names[:-1]),
            f"{names[-1]};\r\n bh=",
        )
    ).encode("ascii")
    return head, _relaxed(head)[1]


def _folded(pieces: Iterable[str]) -> str:
    """Join the pieces in lines of 76 columns, broken between two pieces (§3.5 allows it after a semicolon and a colon)."""
    out, column = "", 0
    for piece in pieces:
        if column + len(piece) > _LINE:
            folded = " " + piece.lstrip()
            out, column = f"{out}\r\n{folded}", len(folded)
        else:
            out, column = out + piece, column + len(piece)
    return out


def _folded_value(signature: bytes) -> bytes:
    value = base64.b64encode(signature)
    return b"\r\n ".join(value[at : at + _LINE - 3] for at in range(0, len(value), _LINE - 3))


def _canonical(block: bytes) -> dict[str, bytes]:
    """Return the header lines that are signed, in relaxed form, by lowercase name (§3.4.2)."""
    lines = map(_relaxed, _unfolded(block).split(b"\r\n"))
    return {name: line + b"\r\n" for name, line in lines if name in _NAMES}


def _relaxed(line: bytes) -> tuple[str, bytes]:
    name, _, value = _unfolded(line).partition(b":")
    name = name.rstrip(b" \t").lower()
    if b"  " in value or b"\t" in value:
        value = _SPACES.sub(b" ", value)
    return name.decode("latin-1"), name + b":" + value.strip(b" ")


def _unfolded(text: bytes) -> bytes:
    return _FOLD.sub(b"", text) if b"\r\n" in text else text


def _simple(body: bytes) -> bytes:
    """Canonicalise a body: empty lines at the end count as one line end, and so does an empty body (§3.4.3)."""
    if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n"):
        return body  # as made by `message`: not copied
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n"
