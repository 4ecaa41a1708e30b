"""Parse an incoming message as far as a verdict needs it. It may be broken, huge or hostile.

Only the first 256 KB are read (a report comes before the mail that it returns). A message with more parts than any mail
program makes is not split into parts at all, because the standard library's parser recurses.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message

LARGEST = 2**18  # bytes that are read
_TEXT = 64 * 1024  # characters of text that are examined
_MOST_PARTS = 40
_NESTS = re.compile(rb"boundary\s*=|message/", re.IGNORECASE)
# Old mail servers put the returned mail below such a line.
_RETURNED = re.compile(
    r"^(?:>?\s*[-=_* ]*(?:below this line is a copy|(?:this|here) is (?:a|your) copy of|original message|returned message|"
    r"your original message|unsent message|(?:the )?(?:message )?headers? (?:of|follow)|included is a copy|message (?:text|headers) follow|"
    r"begin (?:of )?returned|start of (?:the )?(?:original|returned)|undelivered message|transcript of the message)"
    r"|return-path:|received: (?:from|by) )",
    re.IGNORECASE | re.MULTILINE,
)
# Headers that may name the recipient.
_FOR = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "x-delivered-to",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A parsed message. `text` is what its sender wrote, `returned` what it has of the returned mail, raw.

    `reports` are its delivery-status parts (RFC 3464), `feedback` a complaint (RFC 5965), `kind` its report-type.
    """

    message: "Message[str, str]"
    subject: str
    recipients: str
    kind: str
    text: str
    returned: str
    reports: tuple[str, ...]
    feedback: str

    def header(self, name: str) -> str:
        """Return a header on one line, in lower case; empty when there is none."""
        return _line(self.message, name).casefold()


def read_message(data: bytes) -> Arrived:
    """Parse `data`, which may be any bytes, with any line ends."""
    data = data[:LARGEST].replace(b"\r\n", b"\n")
    if data.startswith(b"From "):  # from an mbox
        data = data.partition(b"\n")[2]
    if len(_NESTS.findall(data)) > _MOST_PARTS:
        data = data.partition(b"\n\n")[0] + b"\n\n"
        data = re.sub(rb"(?im)^content-type:.*(\n[ \t].*)*\n", b"", data)
    message = message_from_bytes(data)
    parts = _Parts()
    _collect_parts(message, parts, 0)
    text, rest = _cut("\n".join(parts.text)[:_TEXT])
    return Arrived(
        message=message,
        subject=_line(message, "subject"),
        recipients="\n".join(_line(message, name) for name in _FOR),
        kind=str(message.get_param("report-type", "") or "").casefold(),
        text=text,
        returned="\n".join([*parts.returned, rest])[:_TEXT],
        reports=tuple(parts.reports),
        feedback="\n".join(parts.feedback),
    )


class _Parts:
    def __init__(self) -> None:
        self.text: list[str] = []
        self.returned: list[str] = []
        self.reports: list[str] = []
        self.feedback: list[str] = []


def _collect_parts(part: "Message[str, str]", found: _Parts, depth: int) -> None:
    kind = part.get_content_type()
    if kind in {"message/delivery-status", "message/global-delivery-status"}:
        found.reports.append(_raw(part))
    elif kind == "message/feedback-report":
        found.feedback.append(_raw(part))
    elif kind in {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}:
        found.returned.append(_raw(part))
    elif part.is_multipart():
        if depth < _MOST_PARTS:
            for below in part.get_payload():
                if isinstance(below, Message):
                    _collect_parts(below, found, depth + 1)
    elif kind in {"text/plain", "text/html"}:
        text = _decoded(part)
        found.text.append(re.sub(r"<[^<>]{0,2000}>", " ", text) if kind == "text/html" else text)


def _raw(part: "Message[str, str]") -> str:
    """Return the content as text. A `message/…`, which the parser has taken apart, is reassembled."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _decoded(part)
    return "\n\n".join(
        "\n".join([*(f"{name}: {value}" for name, value in below.raw_items()), "", _inside(below)])
        for below in payload
        if isinstance(below, Message)
    )


def _inside(part: "Message[str, str]", depth: int = 0) -> str:
    """Return the text of all parts, one after the other."""
    if not part.is_multipart():
        return _decoded(part)
    below = part.get_payload()
    if depth == _MOST_PARTS or not isinstance(below, list):
        return ""
    return "\n\n".join(_inside(each, depth + 1) for each in below if isinstance(each, Message))


def _decoded(part: "Message[str, str]") -> str:
    try:
        data = part.get_payload(decode=True)
        charset = part.get_content_charset("utf-8")
        text = data.decode(charset, "replace") if isinstance(data, bytes) else ""
    except (LookupError, ValueError, TypeError, AssertionError):  # an unknown charset or a broken encoding
        raw = part.get_payload()
        text = raw if isinstance(raw, str) else ""
    return text[:LARGEST]


def _line(message: "Message[str, str]", name: str) -> str:
    """Return all headers of this name, decoded (RFC 2047), on one line."""
    return " ".join(" ".join(_plain(str(value)).split()) for value in message.get_all(name, []))[:4096]


def _plain(value: str) -> str:
    try:
        return "".join(
            piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(value[:4096])
        )
    except (ValueError, LookupError):  # a broken encoded-word
        return value


def _cut(text: str) -> tuple[str, str]:
    """Split a text into what its sender wrote, and the returned mail below it."""
    found = _RETURNED.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")
