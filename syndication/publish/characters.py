"""What a feed may contain: the characters that XML 1.0 allows, names without e-mail addresses, and addresses that are URIs."""

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit, urlunsplit

# XML 1.0 §2.2: the complement of Char. One such character makes a whole feed unreadable.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMAIL = re.compile(r"(?:mailto:)?[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+", re.IGNORECASE)
_LONGEST_NAME = 200  # characters
_BRACKETS = re.compile(r"<\s*>|\(\s*\)|\[\s*\]")
_SAFE = "%/:?@!$&'()*+,;=~"  # RFC 3986 §2.2 without `#` and brackets, which are for one place each; and what is escaped already
_IPV6 = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#@\[\]]*@)?\[[0-9a-f:.]+\]", re.IGNORECASE)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def printable(text: str) -> str:
    """Return `text` without what XML forbids: C0 controls except tab and line ends, surrogates, U+FFFE and U+FFFF."""
    return _FORBIDDEN.sub("", text)


def names(people: Iterable[str]) -> tuple[str, ...]:
    """Return the names without e-mail addresses, each once, in order; a name that was only an address is left out."""
    # Cut first: the search for an address is quadratic in the length.
    cleaned = (_BRACKETS.sub("", _EMAIL.sub("", printable(person[:_LONGEST_NAME]))) for person in people)
    stripped = (" ".join(person.split()).strip(" ,;:|·-–—") for person in cleaned)  # noqa: RUF001 - an en dash is meant
    return tuple(dict.fromkeys(person for person in stripped if person))


def uri(address: str) -> str:
    """Percent-encode what RFC 3986 does not allow in `address`, and write its host in ASCII; "" stays ""."""
    address = printable(address).strip()
    try:
        parts = urlsplit(address)
        if not parts.netloc.isascii():
            address = urlunsplit(parts._replace(netloc=parts.netloc.encode("idna").decode()))
    except ValueError:  # not a valid host: encoded only
        pass
    host = found[0] if (found := _IPV6.match(address)) else ""
    rest, hash_, fragment = _STRAY_PERCENT.sub("%25", address[len(host) :]).partition("#")
    return f"{host}{quote(rest, safe=_SAFE)}{hash_}{quote(fragment, safe=_SAFE)}"
