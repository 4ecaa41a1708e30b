"""One polite GET: conditional, named, within limits, and never into the machine's own network by accident."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpx2
import stamina

from syndication import __version__
from syndication.collect.body import ACCEPTED, read_body
from syndication.collect.guard import GuardedTransport, IPAddress, Resolve, is_private, resolve
from syndication.collect.links import absolute, shown
from syndication.domain.article import Validators
from syndication.errors import CollectError

__all__ = ["AnswerError", "FetchLimits", "Fetched", "Fetcher"]

_OK = frozenset({200, 203})
_MOVED_FOR_GOOD = frozenset({301, 308})
_MOVED = frozenset({301, 302, 303, 307, 308})
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_MODIFIED, _GONE = 304, 410
_HINTS = {
    401: "It asks for a login; use an address that is public.",
    403: "The site refuses programs; ask its operator to let `syndication` in.",
    404: "Check the source's url.",
}
_LATER = "Nothing is lost; the next run tries again."


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Of one fetch: `seconds` and `redirects` in all, `body_bytes` after decompression, `attempts` with waits from `first_wait`
    seconds on. `per_host` and `total` fetches run at once.
    """

    seconds: float = 20.0
    body_bytes: int = 10 * 2**20
    redirects: int = 5
    attempts: int = 3
    first_wait: float = 0.5
    per_host: int = 2
    total: int = 8


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `status` is 200, 304 or 410; `url` is where it came from, `moved` where it now lives for good.

    `headers` is what a 200 said, by names in lower case; a header that came twice is joined by a comma (RFC 9110 §5.3).
    """

    url: str
    status: int
    body: bytes = b""
    content_type: str = ""
    validators: Validators = field(default_factory=Validators)
    moved: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class AnswerError(CollectError):
    """The server answered, but with no success: `status` is its number."""

    def __init__(self, message: str, hint: str, status: int) -> None:
        super().__init__(message, hint)
        self.status = status


class _TryLaterError(Exception):
    """An answer that may be better in a moment; `after` is the server's wish in seconds."""

    def __init__(self, reason: str, after: float | None) -> None:
        super().__init__(reason)
        self.after = after


class Fetcher:
    """An async context manager around one HTTP client. `contact` is the publication's URL: it stands in the User-Agent.

    `resolve` and `refused` are what names lead to and which addresses are private.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        limits: FetchLimits | None = None,
        resolve: Resolve = resolve,
        refused: Callable[[IPAddress], bool] = is_private,
    ) -> None:
        self.limits = limits or FetchLimits()
        agent = f"syndication/{__version__}" + (f" (+{contact})" if contact else "")
        self._headers = {"User-Agent": agent, "Accept-Encoding": ACCEPTED}
        self._clients = {
            allowed: httpx2.AsyncClient(
                transport=GuardedTransport(resolve, None if allowed else refused),
                timeout=self.limits.seconds,
                trust_env=False,
            )
            for allowed in (False, True)
        }
        self._all = asyncio.Semaphore(self.limits.total)
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(self.limits.per_host)
        )

    async def __aenter__(self) -> Self:
        stamina.instrumentation.set_on_retry_hooks(())  # else a line on the terminal for each
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def fetch(
        self,
        url: str,
        *,
        now: datetime,
        known: Validators = Validators(),  # noqa: B008 - frozen
        accept: str = "*/*",
        allow_private: bool = False,
    ) -> Fetched:
        """GET `url`, following redirects. `known` makes it conditional (RFC 9110 §13); `now` dates a Retry-After.

        Raises CollectError for what cannot be had.
        """
        start = absolute(url)
        if not start:
            raise CollectError(f"{shown(url)} is no http address.", "Check the source's url.")
        headers = self._headers | {"Accept": accept} | _conditions(known)
        reason: list[str] = []
        async with self._turn(httpx2.URL(start).host):
            try:
                async with asyncio.timeout(self.limits.seconds):
                    return await self._retried(url, headers, now, allow_private=allow_private, reason=reason)
            except TimeoutError:
                why = f": {reason[-1]}" if reason else ""
                message = f"{shown(url)} did not answer within {self.limits.seconds:g} seconds{why}."
                raise CollectError(message, _LATER) from None

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        async with self._hosts[host], self._all:
            yield

    async def _retried(
        self, url: str, headers: dict[str, str], now: datetime, *, allow_private: bool, reason: list[str]
    ) -> Fetched:
        def again(error: Exception) -> bool | float:
            if not isinstance(error, _TryLaterError | httpx2.TransportError):
                return False
            reason.append(str(error))
            return getattr(error, "after", None) or "CERTIFICATE_VERIFY_FAILED" not in str(error)

        attempts = stamina.retry_context(
            on=again,
            attempts=self.limits.attempts,
            timeout=None,
            wait_initial=self.limits.first_wait,
            wait_jitter=self.limits.first_wait,
        )
        try:
            async for attempt in attempts:
                with attempt:
                    return await self._followed(url, headers, now, allow_private=allow_private)
        except (_TryLaterError, httpx2.HTTPError) as error:
            raise CollectError(f"{shown(url)} cannot be fetched: {error}.", _LATER) from None
        raise AssertionError("stamina ends with a value or an error")

    async def _followed(
        self, url: str, headers: dict[str, str], now: datetime, *, allow_private: bool
    ) -> Fetched:
        moved, for_good = "", True
        at = url
        for _ in range(self.limits.redirects + 1):
            async with self._clients[allow_private].stream("GET", at, headers=headers) as response:
                if response.status_code not in _MOVED:
                    return await self._answer(response, at, moved, now, conditional="If-" in "".join(headers))
                target = absolute(response.headers.get("location", ""), at)
                if not target:
                    raise CollectError(
                        f"{shown(at)} redirects to no http address.", "Check the source's url."
                    )
                for_good = for_good and response.status_code in _MOVED_FOR_GOOD
                moved = target if for_good else moved
                at = target
        raise CollectError(
            f"{shown(url)} redirects more than {self.limits.redirects} times.", "Check the source's url."
        )

    async def _answer(
        self, response: httpx2.Response, at: str, moved: str, now: datetime, *, conditional: bool
    ) -> Fetched:
        status = response.status_code
        told = response.headers
        validators = Validators(told.get("etag", ""), told.get("last-modified", ""))
        if status == _GONE or (status == _NOT_MODIFIED and conditional):
            return Fetched(at, status, validators=validators, moved=moved)
        said = f"{status} {response.reason_phrase}".strip()
        if status in _AGAIN:
            raise _TryLaterError(f"it answered {said}", self._wish(told.get("retry-after", ""), now, at))
        if status not in _OK:
            hint = _HINTS.get(status, "Check the source's url.")
            raise AnswerError(f"{shown(at)} answered {said}.", hint, status)
        coding = told.get("content-encoding", "")
        body = await read_body(
            response.aiter_raw(), coding=coding, limit=self.limits.body_bytes, name=shown(at)
        )
        return Fetched(at, 200, body, told.get("content-type", ""), validators, moved, dict(told))

    def _wish(self, text: str, now: datetime, at: str) -> float | None:
        """Retry-After in seconds (RFC 9110 §10.2.3). Raises CollectError when it is longer than a fetch may take."""
        seconds = _seconds(text, now)
        if seconds is not None and seconds > self.limits.seconds:
            raise CollectError(f"{shown(at)} asks to come back in {seconds:.0f} seconds.", _LATER)
        return seconds


def _conditions(known: Validators) -> dict[str, str]:
    both = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in both.items() if value}


def _seconds(text: str, now: datetime) -> float | None:
    if text.strip().isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
