"""Header lines as bytes, without the standard library's `email`.

`email` folds long tokens into encoded-words (cpython #85725) even where RFC 2047 §5 forbids them. Here only subjects and display names
have encoded-words, and no input can end a line.
"""

import base64
import hashlib
import re
import textwrap
from dataclasses import dataclass

from syndication.deliver.address import envelope_address

_LINE = 76  # columns, RFC 2047 §2
_WORD_OVERHEAD = len("=?utf-8?b??=")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_TOKEN = re.compile(r"[!-~]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047 §5 (3)
_SPACE = ord(" ")
_MAX_NAME = 200  # characters of a display name that are shown


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name, which may be empty, and an address as on the envelope."""

    name: str
    address: str


def one_line(text: str) -> str:
    """Return text without line ends, control characters and lone surrogates; a run of them becomes one space."""
    return text if text.isprintable() else _CONTROLS.sub(" ", text)


def parse_mailbox(text: str) -> Mailbox:
    """Read `The Hanok Review <weekly@hanok.example>` or a bare address. Raises ValueError."""
    name, bracket, rest = text.strip().rpartition("<")
    if not bracket:
        return Mailbox("", envelope_address(rest))
    if not rest.endswith(">"):
        raise ValueError("this is not a name and an address like The Review <weekly@review.example>")
    name = one_line(name).strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])  # a quoted-string, RFC 5322 §3.2.4
    return Mailbox(name, envelope_address(rest[:-1]))


def structured(name: str, value: str) -> bytes:
    """Return a header that programs compare, literally, on one line. Raises ValueError if it would need any encoding or folding."""
    if not value.isascii() or not value.isprintable() or "=?" in value or len(name) + len(value) > 990:  # noqa: PLR2004 (998 of RFC 5322 §2.1.1)
        raise ValueError(f"the header {name} takes printable ASCII only")
    return f"{name}: {value}\r\n".encode("ascii")


def unstructured(name: str, text: str) -> bytes:
    """Return a header of free text: ASCII is folded at spaces (RFC 5322 §2.2.3), other text becomes encoded-words."""
    text = " ".join(one_line(text).split())
    if text.isascii() and "=?" not in text:
        lines = textwrap.wrap(f"{name}: {text}", _LINE, break_long_words=False, break_on_hyphens=False)
        if all(len(line) <= _LINE for line in lines):
            return "\r\n ".join(lines).encode("ascii") + b"\r\n"
    return f"{name}: ".encode("ascii") + _encoded(text, len(name) + 2) + b"\r\n"


def mailbox(name: str, box: Mailbox) -> bytes:
    """Return a From, To or Reply-To header with one address. It has UTF-8 (RFC 6532) only if the address needs SMTPUTF8."""
    address = box.address.encode()
    display = " ".join(one_line(box.name).split())[:_MAX_NAME]
    if not display:
        return f"{name}: ".encode("ascii") + address + b"\r\n"
    start = f"{name}: ".encode("ascii")
    if display.isascii() and "=?" not in display and len(start) + len(display) + 2 <= _LINE:
        phrase = display if _ATOMS.fullmatch(display) else _quoted(display)
        start += phrase.encode("ascii")
    else:
        start += _encoded(display, len(start))
    last = len(start) - start.rfind(b"\r\n") - 2 if b"\r\n" in start else len(start)
    fold = b"\r\n " if last + len(address) + 3 > _LINE else b" "
    return start + fold + b"<" + address + b">\r\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _encoded(text: str, used: int) -> bytes:
    """Return encoded-words (RFC 2047) of whole characters, in the shorter encoding; `used` columns of the first line are taken."""
    data = text.encode()
    plain = sum(1 if byte in _Q_SAFE or byte == _SPACE else 3 for byte in data)
    kind = "b" if len(data) * 4 / 3 <= plain else "q"
    words: list[str] = []
    payload = ""
    room = _LINE - used - _WORD_OVERHEAD
    current = b""
    for char in text:
        longer = current + char.encode()
        candidate = _base64(longer) if kind == "b" else _q(longer)
        if len(candidate) > room and current:
            words.append(f"=?utf-8?{kind}?{payload}?=")
            longer, room = char.encode(), _LINE - 1 - _WORD_OVERHEAD
            candidate = _base64(longer) if kind == "b" else _q(longer)
        current, payload = longer, candidate
    words.append(f"=?utf-8?{kind}?{payload}?=")
    return "\r\n ".join(words).encode("ascii")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _q(data: bytes) -> str:
    return "".join(
        chr(byte) if byte in _Q_SAFE else "_" if byte == _SPACE else f"={byte:02X}" for byte in data
    )


def feedback_sender(list_id: str) -> str:
    """Return the sender's part of Feedback-ID, which Google wants to stay the same and to have 5 to 15 characters."""
    fits = len(list_id) in range(5, 16) and ":" not in list_id
    return list_id if fits else hashlib.sha256(list_id.encode()).hexdigest()[:12]


def message_token(text: str, what: str) -> str:
    """Check a domain or an id that goes into a header as it is, and return it. Raises ValueError."""
    if not _TOKEN.fullmatch(text) or "=?" in text or any(char in text for char in '<>",;'):
        raise ValueError(f"{what} takes printable ASCII without spaces, commas or angle brackets")
    return text
