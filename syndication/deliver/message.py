"""The digest as final bytes for one recipient: compiled once per mailing and variant, then one join per message.

A resend must be the same mail, byte by byte: Message-ID and boundary derive from (mailing, subscriber, serial), the Date is the frozen
one.
"""

import hashlib
import html
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import quote

from syndication.deliver.address import envelope_address
from syndication.deliver.dkim import DkimKey, Seal, Unsigned
from syndication.deliver.encoding import Part, encode_part
from syndication.deliver.headers import (
    Mailbox,
    mailbox,
    message_token,
    one_line,
    parse_mailbox,
    structured,
    unstructured,
)
from syndication.domain.delivery import MailingKind, Recipient
from syndication.domain.frozen import Mailing
from syndication.domain.variant import TOKEN_START, Variant, merge, split

_MAX_LINK = 800  # characters: a header line has 998
_MAILTO_SAFE = "@!$'*+-._~"  # RFC 6068 §2
_AUTOMATIC = b"Auto-Submitted: auto-generated\r\n"  # RFC 3834 §5: no holiday notice answers it
_MIME_VERSION = b"MIME-Version: 1.0\r\n"


class UnsignedMessage(NamedTuple):
    """A message that lacks only its signatures, which cost more than all the rest and are fastest if made many in a row."""

    unsigned: Sequence[Unsigned]
    pieces: Sequence[bytes]  # headers and body

    def message(self) -> bytes:
        """Return the complete message: CRLF line ends, 7-bit, not dot-stuffed."""
        return b"".join((*(header.signed() for header in self.unsigned), *self.pieces))


class CompiledLetter:
    """One variant of a mailing, ready to be merged, and signed with `keys`. `sender` is its From address, for the envelope."""

    def __init__(self, mailing: Mailing, variant: Variant, keys: Iterable[DkimKey]) -> None:
        if mailing.date.tzinfo is None:
            raise ValueError("the date of a letter needs a time zone")
        facts = mailing.headers
        origin = parse_mailbox(facts.sender)
        self.sender = origin.address
        self._mailing = mailing.id
        self._domain = message_token(facts.domain, "the domain of Message-IDs")
        self._first = mailbox("From", origin)
        self._reply_to = mailbox("Reply-To", parse_mailbox(facts.reply_to)) if facts.reply_to else b""
        self._subject = _subject(variant.subject)
        self._date = structured("Date", format_datetime(mailing.date))
        digest = mailing.kind is MailingKind.DIGEST
        self._list = _list_id(facts.list_id) if digest else b""
        self._automatic = b"" if digest else _AUTOMATIC
        self._mailto = _mailto(facts.unsubscribe_mailto)
        self._feedback = structured(
            "Feedback-ID", f"{mailing.id}:{mailing.kind}:{facts.feedback or facts.list_id}"
        )
        self._text = encode_part(split(variant.text), str)
        self._html = encode_part(split(variant.html), html.escape)
        self._text_head = _part_head("text/plain", self._text)
        self._html_head = _part_head("text/html", self._html)
        constant = (self._first, self._reply_to, self._date, _MIME_VERSION, self._list, self._feedback)
        keys = tuple(keys)
        self._seal = Seal(keys, mailing.date, b"".join(constant)) if keys else None

    def draft(
        self, recipient: Recipient, values: Mapping[str, str], flags: Collection[str], unsubscribe_url: str
    ) -> UnsignedMessage:
        """Return the message for one row.

        `values` fill the slots, `flags` choose the regions. If `unsubscribe_url` is empty, the List-Unsubscribe headers are left out
        (a confirmation is not a subscription yet). Raises KeyError for a slot without a value, ValueError for an address or a link that
        a header cannot have.
        """
        digest = hashlib.sha256(
            f"{self._mailing}\0{recipient.subscriber}\0{recipient.serial}".encode()
        ).hexdigest()
        boundary = b"=_" + digest[32:56].encode("ascii")  # neither encoding has a "=_" (RFC 2045 §6.7)
        to = mailbox("To", Mailbox(recipient.name, envelope_address(recipient.email)))
        subject = self._subject(values, flags)
        message_id = f"Message-ID: <{digest[:32]}@{self._domain}>\r\n".encode("ascii")
        unsubscribe = self._unsubscribe(unsubscribe_url)
        kind = b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n'
        out = [
            *(self._first, to, self._reply_to, subject, self._date, message_id, _MIME_VERSION),
            *(self._list, unsubscribe, self._automatic, self._feedback, kind, b"\r\n"),
        ]
        if self._seal is None:
            self._body(out, boundary, values, flags)
            return UnsignedMessage((), out)
        parts: list[bytes] = []
        self._body(parts, boundary, values, flags)
        body = b"".join(parts)
        varying = b"".join((subject, to, message_id, unsubscribe, kind))
        return UnsignedMessage(self._seal.unsigned(varying, body), (*out, body))

    def _body(
        self, out: list[bytes], boundary: bytes, values: Mapping[str, str], flags: Collection[str]
    ) -> None:
        out.append(b"--" + boundary + self._text_head)
        self._text.write(out, values, flags)
        out.append(b"\r\n--" + boundary + self._html_head)
        self._html.write(out, values, flags)
        out.append(b"\r\n--" + boundary + b"--\r\n")

    def _unsubscribe(self, url: str) -> bytes:
        if not url:
            return b""
        if not _is_link(url):
            raise ValueError("the unsubscribe link is not an http link of printable ASCII")
        mailto = f"{self._mailto}{url.rpartition('/')[2]}>" if self._mailto else ""
        return (  # RFC 2369 and RFC 8058
            f"List-Unsubscribe: <{url}>{mailto}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        ).encode("ascii")


def compile_letter(mailing: Mailing, variant: Variant, keys: Iterable[DkimKey] = ()) -> CompiledLetter:
    """Encode what all recipients of a variant share; each message gets a DKIM signature of every key.

    Raises ValueError for a setting that a header cannot hold, or a broken variant.
    """
    return CompiledLetter(mailing, variant, keys)


def _subject(text: str) -> Callable[[Mapping[str, str], Collection[str]], bytes]:
    if TOKEN_START not in text:
        ready = unstructured("Subject", text)
        return lambda _values, _flags: ready
    pieces = split(text)
    return lambda values, flags: unstructured("Subject", merge(pieces, values, flags, one_line))


def _is_link(url: str) -> bool:
    """Return whether a header can have it literally, between angle brackets. A regular expression takes five times as long."""
    plain = url.isascii() and url.isprintable() and len(url) <= _MAX_LINK
    ends_it = " " in url or "<" in url or ">" in url or "=?" in url
    return plain and not ends_it and url.startswith(("http://", "https://"))


def _list_id(name: str) -> bytes:
    return structured("List-Id", f"<{message_token(name, 'email.list_id')}>") if name else b""


def _mailto(address: str) -> str:
    """Return a mailto link up to the token, which ends its subject (RFC 6068): sending that mail proves having received ours."""
    if not address:
        return ""
    where = message_token(envelope_address(address), "email.unsubscribe_mailto")
    return f", <mailto:{quote(where, safe=_MAILTO_SAFE)}?subject=unsubscribe-"


def _part_head(kind: str, part: Part) -> bytes:
    return (
        f"\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {part.encoding}\r\n\r\n"
    ).encode("ascii")
