"""E-mail addresses: one canonical form, and the form that goes on the envelope.

Canonical is the local part as given and the domain in lowercase A-labels (RFC 5890): it compares by bytes, is what a server gets,
and needs no decision later. A person's own spelling of an international domain is not kept.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = ["Address", "ascii_url", "canonical_lines", "envelope_address", "parse_address"]

_URL_SAFE = ":/?#[]@!$&'()*+,;=%~"  # reserved already, or encoded (RFC 3986 §2.2)
_MAX_LOCAL, _MAX_ADDRESS = 64, 254  # octets, RFC 5321 §4.5.3.1 (a path has 256 with its angle brackets)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What nearly every address looks like: a dot-atom, a domain of letters, digits and hyphens, a top level with letters only.
_USUAL = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z]{{2,63}})")
# Of those, the ones that are canonical as they stand, one a line: nearly every line of a list. A domain of 63 characters has no label too long.
_CANONICAL_LINES = re.compile(
    rf"(?:(?=[^@\n]{{1,{_MAX_LOCAL}}}+@[^@\n]{{1,63}}+\n){_ATOM}+(?:\.{_ATOM}+)*+@"
    r"(?:(?!xn--)[a-z0-9]++(?:-[a-z0-9]++)*+\.)+"
    r"(?!(?:invalid|local|localhost|onion|arpa)\n)[a-z]{2,}+\n)*+"
)
_SPECIAL_DOMAINS = re.compile(r"(?:^|\.)(?:invalid|local|localhost|onion|arpa)$", re.IGNORECASE)
# On the envelope: one "@", nothing that could end the path or the line, whoever wrote the row.
_ENVELOPE = re.compile(
    r"([^\s@<>()\[\],;:\\\"\x00-\x20\x7f-\x9f]+)@([^\s@<>()\[\],;:\\\"\x00-\x20\x7f-\x9f]+)"
)


@dataclass(frozen=True, slots=True)
class Address:
    """`email` in canonical form, and its domain, by which lanes are chosen."""

    email: str
    domain: str


def parse_address(text: str) -> Address:
    """Read what somebody typed. Raises ValueError with the reason in one clause; nothing is looked up."""
    text = text.strip()
    match = _USUAL.fullmatch(text)
    if match and len(match[1]) <= _MAX_LOCAL and len(text) <= _MAX_ADDRESS and not _odd(match[2]):
        domain = match[2].lower()
        return Address(f"{match[1]}@{domain}", domain)
    return _parse_unusual(text)


def canonical_lines(text: str, start: int) -> int:
    """Where in `text`, which has an address on each line, the stretch ends that begins at `start` and holds nothing but usual addresses in
    canonical form. A list is checked in half of the time that its lines would take one by one.
    """
    match = _CANONICAL_LINES.match(text, start)
    return match.end() if match else start


def _odd(domain: str) -> bool:
    return "xn--" in domain.lower() or bool(_SPECIAL_DOMAINS.search(domain))


def _parse_unusual(text: str) -> Address:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 (0.1 s that a clean list never pays)

    try:
        found = validate_email(text, check_deliverability=False, allow_quoted_local=False)
    except EmailNotValidError as error:
        raise ValueError(" ".join(str(error).split()).rstrip(".")) from None
    if len(found.local_part.encode()) > _MAX_LOCAL:
        raise ValueError(f"the part before the @ is longer than {_MAX_LOCAL} bytes")
    domain = found.ascii_domain.lower()
    return Address(f"{found.local_part}@{domain}", domain)


@lru_cache(maxsize=256)  # it stands in the header, and on the envelope
def envelope_address(text: str) -> str:
    """The address as it stands between angle brackets: an international domain as A-labels, the local part untouched.

    Raises ValueError for what is not exactly one address (a lenient subscriber sends `a@x, b@y` to the first).
    """
    match = _ENVELOPE.fullmatch(text)
    if match is None:
        raise ValueError("this is not one address")
    return f"{match[1]}@{_ascii_domain(match[2])}"


def ascii_url(url: str) -> str:
    """A link as a header carries it: the host as A-labels, other letters as percent-encoded UTF-8 (RFC 3987 §3.1). Raises ValueError."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host = parts.hostname or ""
    place = parts.netloc.replace(host, _ascii_domain(host)) if host else parts.netloc
    return quote(urlunsplit(parts._replace(netloc=place)), safe=_URL_SAFE)


@lru_cache(maxsize=1024)
def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna  # noqa: PLC0415 (only for the few that need it)

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("the domain is not a valid international name") from None
