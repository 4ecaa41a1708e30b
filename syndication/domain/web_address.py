"""The one parser of addresses of the web: whatever a stranger writes as one is either usable or an `AddressError`."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_NAME = re.compile(
    r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?"
)  # looser than RFC 1123 §2.1: sites exist in such domains
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_LONGEST_NAME = 253  # octets (RFC 1035 §2.3.4)
WEB = ("http", "https")


class AddressError(ValueError):
    """A text is not an address of the web that anything could be fetched from."""


def split_address(url: str, schemes: tuple[str, ...] = WEB) -> SplitResult:
    """Split an absolute address with one of `schemes`. Raises AddressError unless its host and port can exist.

    A host is an international name, a name of letters, digits, hyphens and underscores, or an IP address: four decimal
    numbers, or IPv6 in brackets without a zone. Other spellings of numbers, such as 0x7f.1, mean different things to
    different programs.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise AddressError(str(error)) from None
    if parts.scheme.lower() not in schemes:
        raise AddressError("its scheme is another one")
    if port == 0:
        raise AddressError("its port is 0")
    ascii_host(host, bracketed="[" in parts.netloc)
    return parts


def ascii_host(host: str, *, bracketed: bool = False) -> str:
    """Return a host in ASCII, in lower case. Raises AddressError; see `split_address`."""
    try:
        if bracketed:
            if "%" in host:
                raise AddressError("an IPv6 zone means something on one machine only")
            return str(ipaddress.IPv6Address(host))
        name = (host if host.isascii() else host.encode("idna").decode("ascii")).lower()
        if _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
            return str(ipaddress.IPv4Address(name))
    except ValueError as error:  # UnicodeError is one, too
        raise AddressError(str(error)) from None
    if not _NAME.fullmatch(name) or len(name.rstrip(".")) > _LONGEST_NAME:
        raise AddressError("its host is not a name")
    return name
