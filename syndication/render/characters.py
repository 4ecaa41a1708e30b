"""Keeps out of a mail what content must not bring in, whatever a template does with it."""

import re
from urllib.parse import quote, urlunsplit

from syndication.domain.web_address import split_address

# Unicode noncharacters (U+FDD0 to U+FDEF are never text): our marks while a template runs. They are removed from content.
SENTINEL_BEGIN, SENTINEL_END = "\ufdd0", "\ufdd1"

_FORBIDDEN = re.compile(
    "[^\t\n\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
_TOKEN_START = re.compile(r"\[(?=\[~)")
_SAFE = ":/?@!$&'()*+,;=%~-._"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def clean(text: str) -> str:
    """Return `text` with LF line ends, and without the characters that XML 1.0 §2.2 forbids or discourages."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str) -> str:
    """Return `clean(text)` on one line. No-break spaces are kept."""
    if (
        text.isprintable() and "  " not in text
    ):  # nearly every name and address: nothing below would change it
        return text.strip()
    return re.sub(r"[ \t\n\x85\u2028\u2029]+", " ", clean(text)).strip()


def guarded(compiled: str, instead: str) -> str:
    """Return `compiled` with `instead` for the first bracket of every token that came from content."""
    return _TOKEN_START.sub(lambda _: instead, compiled)


def web_url(url: str) -> str:
    """Return `url` in ASCII if it is an absolute http or https address, else "": no other scheme gets into a mail."""
    try:
        parts = split_address(url.strip())
        host = parts.hostname or ""
        netloc = (
            parts.netloc
            if parts.netloc.isascii()
            else parts.netloc.replace(host, host.encode("idna").decode())
        )
        netloc.encode("ascii")
    except (ValueError, UnicodeError):
        return ""
    if re.search(r"[^!-~]|[\"'<>\\]", netloc):
        return ""
    rest = (
        quote(_STRAY_PERCENT.sub("%25", part), safe=_SAFE)
        for part in (parts.path, parts.query, parts.fragment)
    )
    return urlunsplit((parts.scheme, netloc, *rest))
