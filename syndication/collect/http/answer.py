"""Interpret the response to one request: an answer, a redirect, or an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from syndication.collect.http.body import read_body, too_large
from syndication.collect.http.limits import FetchLimits
from syndication.collect.http.rate_limits import retry_after
from syndication.collect.text.links import absolute, shown
from syndication.collect.text.xml import is_xml
from syndication.domain.article import Validators
from syndication.errors import CollectError

MOVED_FOR_GOOD = frozenset({301, 308})
_MOVED = frozenset({301, 302, 303, 307, 308})
_OK = frozenset({200, 203})
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_MODIFIED, _GONE = 304, 410
CHECK = "Check the source's url."
LATER = "Nothing is lost; the next run tries again."
_HINTS = {
    401: "It asks for a login; use an address that is public.",
    403: "The site refuses programs; ask its operator to let `syndication` in.",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with the status 200, 304 or 410, from `url`; `moved` is the new address after permanent redirects.

    `headers` are those of a 200, with lower-case names; repeated headers are joined by commas (RFC 9110 §5.3).
    """

    url: str
    status: int
    body: bytes = b""
    content_type: str = ""
    validators: Validators = field(default_factory=Validators)
    moved: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """Return whether the server answered a conditional request with 304 (Not Modified)."""
        return self.status == _NOT_MODIFIED

    @property
    def gone(self) -> bool:
        """Return whether the server says that the address will not come back: 410 (Gone)."""
        return self.status == _GONE


@dataclass(frozen=True, slots=True)
class Redirect:
    """The server redirects to `to`, which is absolute and without a password."""

    status: int
    to: str


class AnswerError(CollectError):
    """The server answered with the status `status`, which is not a success."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class ClosedError(CollectError):
    """The server asks for a pause of `seconds`, which is longer than a fetch may take."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"{name} asks to come back in {seconds:.0f} seconds.", LATER)
        self.seconds = seconds


class TryLaterError(Exception):
    """An answer worth a retry, after `after` seconds if the server says so."""

    def __init__(self, reason: str, after: float | None) -> None:
        super().__init__(reason)
        self.after = after


async def read_answer(
    response: httpx2.Response, at: str, *, now: datetime, conditional: bool, limits: FetchLimits
) -> Fetched | Redirect:
    """Interpret `response` from `at`, and read its body. `conditional`: the request allows a 304.

    Raises TryLaterError for a failure that may pass during the fetch, ClosedError for a longer pause, AnswerError for every other
    refusal, and CollectError for a body that cannot be read or exceeds the `limits`.
    """
    status, headers, name = response.status_code, response.headers, shown(at)
    if status in _MOVED:
        target = absolute(headers.get("location", ""), at)
        if not target:
            raise AnswerError(f"{name} redirects to an address that is not http.", CHECK, status)
        return Redirect(status, target)
    validators = Validators(headers.get("etag", ""), headers.get("last-modified", ""))
    if status == _GONE or (status == _NOT_MODIFIED and conditional):
        return Fetched(absolute(at), status, validators=validators)
    status_line = f"{status} {response.reason_phrase}".strip()
    if status in _AGAIN:
        after = retry_after(headers.get("retry-after", ""), now)
        if after is not None and after > limits.seconds:
            raise ClosedError(name, after)
        raise TryLaterError(f"it answered {status_line}", after)
    if status not in _OK:
        raise AnswerError(f"{name} answered {status_line}.", _HINTS.get(status, CHECK), status)
    coding = headers.get("content-encoding", "")
    body = await read_body(response.aiter_raw(), coding=coding, limit=limits.body_bytes, name=name)
    type_ = headers.get("content-type", "")
    if len(body) > limits.xml_bytes and is_xml(body, type_):
        raise too_large(name, limits.xml_bytes, "XML")
    return Fetched(absolute(at), 200, body, type_, validators, headers=dict(headers))
