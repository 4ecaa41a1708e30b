"""What a request asks for: quality values, and the conditions under which it wants no body."""

import re
from datetime import UTC
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers

__all__ = ["prefers_html", "quality", "takes_gzip", "unchanged"]

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')  # RFC 9110 §8.8.3
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")  # RFC 9110 §12.4.2


def quality(header: str, *names: str) -> float | None:
    """The weight that a list like `gzip;q=0.5, *` gives the first of `names` that stands in it, or None."""
    weights: dict[str, float] = {}
    for element in header.lower().split(","):
        name, *parameters = (part.strip() for part in element.split(";"))
        given = [part[2:] for part in parameters if part.startswith("q=")]
        weight = float(given[0]) if given and _WEIGHT.fullmatch(given[0]) else 1.0
        weights.setdefault(name, weight)
    return next((weights[name] for name in names if name in weights), None)


def takes_gzip(headers: Headers) -> bool:
    """Whether gzip may be sent, and plain bytes are not preferred (RFC 9110 §12.5.3)."""
    asked = ", ".join(headers.getlist("accept-encoding"))
    weight = quality(asked, "gzip", "x-gzip", "*")
    return bool(weight) and (weight or 0) >= (quality(asked, "identity") or 0)


def prefers_html(headers: Headers, media_type: str) -> bool:
    """Whether a page is preferred to `media_type`: it is a browser that asks, and no feed reader (RFC 9110 §12.5.1)."""
    asked = ", ".join(headers.getlist("accept"))
    page = quality(asked, "text/html")
    own = quality(asked, media_type, media_type.partition("/")[0] + "/*", "*/*")
    return page is not None and page > (own or 0)


def unchanged(headers: Headers, *, etag: str, modified: int) -> bool:
    """Whether the client has what it asks for: 304. `modified` in seconds since 1970.

    If-None-Match alone decides where it is given (RFC 9110 §13.2.2): a list of tags, weakly compared, or `*`.
    """
    tags = ", ".join(headers.getlist("if-none-match"))
    if tags:
        return tags.strip() == "*" or etag in _TAG.findall(tags)
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()
