"""URLs: made absolute, freed from tracking parameters, and brought to the one form that identifies an article."""

import re
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from syndication.domain.web_address import WEB, ascii_host, split_address

_MAX_LENGTH = 4096  # characters
_KEPT = "/%:@!$&'()*+,;=?#~[]|"  # what quote() leaves alone besides letters, digits and -._~
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Parameters that only serve tracking. courlan's list also has `uid`, `cid`, `source` and `session`, which are the
# article's number in some content systems: two articles would become one.
_TRACKING = re.compile(
    r"(?:utm_|mc_|mkt_|mtm_|itm_|hsa_|pk_|piwik_|matomo_|vero_|oly_|_hs).*"
    r"|(?:fbc|gc|dc|gbra|wbra|msclk|twc|ttc|yc|ysc|igsh)lid|(?:gbra|wbra|msclk|li_fat_)id"
    r"|igshid|igsh|_gl|_ga|ref_src|ref_url|spm|cmpid|ncid|ito|sr_share|xtor|at_(?:medium|campaign)|wt_mc|wt\.mc_id|__twitter_impression",
    re.IGNORECASE,
)


def absolute(url: str, base: str = "", *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """Return `url` resolved against `base`, in ASCII (RFC 3986), without password; empty for other `schemes`."""
    text = re.sub(r"[\x00-\x20\x7f]+", " ", url).strip().replace(" ", "%20")
    if not text or len(text) > _MAX_LENGTH:
        return ""
    try:
        joined = urljoin(base, text) if base else text
        scheme = urlsplit(joined).scheme.lower()
        if scheme not in schemes:
            return ""
        if scheme in WEB:
            return _web(split_address(joined))
        return quote(joined, safe=_KEPT)
    except (ValueError, UnicodeError):  # an AddressError; a lone surrogate
        return ""


def _web(parts: SplitResult) -> str:
    host = ascii_host(parts.hostname or "", bracketed="[" in parts.netloc)
    netloc = f"[{host}]" if ":" in host else host
    if parts.port is not None:
        netloc = f"{netloc}:{parts.port}"
    path = quote(parts.path, safe=_KEPT) or "/"
    return urlunsplit(
        (
            parts.scheme.lower(),
            netloc,
            path,
            quote(parts.query, safe=_KEPT),
            quote(parts.fragment, safe=_KEPT),
        )
    )


def without_tracking(url: str) -> str:
    """Return `url` without tracking parameters, and otherwise unchanged."""
    parts = urlsplit(url)
    kept = [part for part in parts.query.split("&") if part and not _is_tracking(part)]
    fragment = "" if _is_tracking(parts.fragment) else parts.fragment
    return urlunsplit(parts._replace(query="&".join(kept), fragment=fragment))


def _is_tracking(part: str) -> bool:
    name, equals, _ = part.partition("=")
    return bool(equals) and _TRACKING.fullmatch(name) is not None


def canonical(url: str) -> str:
    """Return the form of an absolute `url` that all spellings of one page's address share: an identity, not a link.

    One scheme, no `www.`, no default port, no trailing slash, sorted parameters without tracking, no fragment except
    `#!` and `#/`.
    """
    from courlan import normalize_url  # noqa: PLC0415 (45 ms that most commands never need)

    parts = urlsplit(without_tracking(url))
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port not in (None, _DEFAULT_PORTS.get(parts.scheme)) else ""
    bare = urlunsplit(("https", host.removeprefix("www.") + port, parts.path, "", ""))
    normal = normalize_url(bare, trailing_slash=False).rstrip("/")
    normal = re.sub(r"%[0-9a-f]{2}", lambda match: match[0].upper(), normal)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return normal + (f"?{query}" if query else "") + fragment


def shown(url: str) -> str:
    """Return `url` as an error may print it: without user, password and parameters."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    return urlunsplit((parts.scheme, f"[{host}]{port}" if ":" in host else host + port, parts.path, "", ""))


def is_of_site(url: str, other: str) -> bool:
    """Return whether both are on one host, or one host is a subdomain of the other. `www.` does not count."""
    hosts = [(urlsplit(each).hostname or "").removeprefix("www.") for each in (url, other)]
    return any(one == two or one.endswith(f".{two}") for one, two in (hosts, reversed(hosts)))
