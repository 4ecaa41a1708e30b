"""One polite GET: conditional, with a User-Agent, within limits, and never into the machine's own network by accident."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx2
import stamina

from syndication import __version__
from syndication.collect.http.answer import (
    CHECK,
    LATER,
    MOVED_FOR_GOOD,
    AnswerError,
    ClosedError,
    Fetched,
    Redirect,
    TryLaterError,
    read_answer,
)
from syndication.collect.http.body import ACCEPTED
from syndication.collect.http.guard import GuardedTransport, IPAddress, Resolve, is_private, resolve
from syndication.collect.http.limits import FetchLimits
from syndication.collect.http.rate_limits import HostLimiter
from syndication.collect.http.robots import NAME, RobotsFiles
from syndication.collect.text.links import absolute, shown
from syndication.domain.article import Validators
from syndication.errors import CollectError
from syndication.logs import logger

log = logger(__name__)

_LONGEST_PAUSE = 86400.0  # seconds: a server that asks for years gets a request the next day


@dataclass(frozen=True, slots=True)
class _Request:
    """What stays the same across redirects."""

    headers: dict[str, str]
    now: datetime
    allow_private: bool
    obey_robots: bool = False  # robots.txt
    conditional: bool = False


class Fetcher:
    """An async context manager around one HTTP client. `contact` is the publication's URL, for the User-Agent.

    `resolve` looks up the addresses of a host; `refused` tells which of them are private.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        limits: FetchLimits | None = None,
        resolve: Resolve = resolve,
        refused: Callable[[IPAddress], bool] = is_private,
    ) -> None:
        stamina.instrumentation.set_on_retry_hooks(())  # else it logs every retry
        self.limits = limits or FetchLimits()
        agent = f"{NAME}/{__version__}" + (f" (+{contact})" if contact else "")
        self._headers = {"User-Agent": agent, "Accept-Encoding": ACCEPTED}
        self._clients = {
            allowed: httpx2.AsyncClient(
                transport=GuardedTransport(resolve, None if allowed else refused, total=self.limits.total),
                timeout=self.limits.seconds,
                trust_env=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # a cookie would identify us
            )
            for allowed in (False, True)
        }
        self._limiter = HostLimiter(self.limits.per_host, self.limits.total)
        self._robots = RobotsFiles(self._rules, longest=self.limits.crawl_delay)

    async def __aenter__(self) -> Self:
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
        found: bool = False,
    ) -> Fetched:
        """GET `url`, following redirects. `known` makes it conditional (RFC 9110 §13); a Retry-After counts from `now`.

        `found`: the address comes from a page, not from the configuration, so robots.txt must allow it and every
        redirect of it (unless `FetchLimits.robots` says otherwise). Raises CollectError for what cannot be fetched.
        """
        if not absolute(url):
            raise CollectError(f"{shown(url)} is not an http address.", CHECK)
        robots = self.limits.robots
        obey = robots == "all" or (found and robots == "found")
        conditions = _conditions(known)
        headers = self._headers | {"Accept": accept} | conditions
        request = _Request(
            headers, now, allow_private=allow_private, obey_robots=obey, conditional=bool(conditions)
        )
        return await self._followed(url, request)

    async def _followed(self, url: str, request: _Request) -> Fetched:
        """Return the answer after all redirects. Waiting for a slot does not count towards the time limit."""
        at, moved, for_good, left, status = url, "", True, self.limits.seconds, 0
        for _ in range(self.limits.redirects + 1):
            host = _host(at)
            delay = await self._allowed(at, host, request)
            async with self._limiter.take(host, delay=delay):
                answer, left = await self._in_time(url, at, request, left)
            if isinstance(answer, Fetched):
                return replace(answer, moved=moved)
            for_good = for_good and answer.status in MOVED_FOR_GOOD
            moved = answer.to if for_good else moved
            at, status = answer.to, answer.status
        message = f"{shown(url)} redirects more than {self.limits.redirects} times."
        raise AnswerError(message, CHECK, status)

    async def _allowed(self, at: str, host: str, request: _Request) -> float:
        """Return the seconds that the host wants between requests. Raises CollectError when it forbids this one."""
        if pause := self._limiter.closed(host, request.now):
            wish = f"its server asked to come back in {pause.total_seconds():.0f} seconds"
            raise CollectError(f"{shown(at)} was not fetched: {wish}.", LATER)
        if not request.obey_robots:
            return 0.0
        return await self._robots.check(at, now=request.now, allow_private=request.allow_private)

    async def _rules(self, url: str, now: datetime, allow_private: bool) -> bytes | None:  # noqa: FBT001 - as Get
        """Fetch a robots.txt (RFC 9309 §2.3.1); None when the server has none."""
        headers = self._headers | {"Accept": "text/plain, */*;q=0.5"}
        try:
            return (await self._followed(url, _Request(headers, now, allow_private=allow_private))).body
        except AnswerError:
            return None

    async def _in_time(
        self, url: str, at: str, request: _Request, left: float
    ) -> tuple[Fetched | Redirect, float]:
        """Return the answer of one address, and how many of the seconds are `left` after it."""
        reason: list[str] = []
        try:
            async with asyncio.timeout(left) as clock:
                answer = await self._retried(at, request, reason)
                return answer, (clock.when() or 0.0) - asyncio.get_running_loop().time()
        except TimeoutError:
            why = f": {reason[-1]}" if reason else ""
            message = f"{shown(url)} did not answer within {self.limits.seconds:g} seconds{why}."
            raise CollectError(message, LATER) from None

    async def _retried(self, at: str, request: _Request, reason: list[str]) -> Fetched | Redirect:
        def again(error: Exception) -> bool | float:
            if not isinstance(error, TryLaterError | httpx2.TransportError):
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
                    return await self._once(at, request)
        except (TryLaterError, httpx2.HTTPError) as error:
            raise CollectError(f"{shown(at)} cannot be fetched: {error}.", LATER) from None
        raise AssertionError("stamina ends with a value or an error")

    async def _once(self, at: str, request: _Request) -> Fetched | Redirect:
        client = self._clients[request.allow_private]
        with log.timed("http answer", url=shown(at)) as facts:
            async with client.stream("GET", at, headers=request.headers) as response:
                facts["status"] = response.status_code
                try:
                    return await read_answer(
                        response, at, now=request.now, conditional=request.conditional, limits=self.limits
                    )
                except ClosedError as error:
                    pause = timedelta(seconds=min(error.seconds, _LONGEST_PAUSE))
                    self._limiter.close(_host(at), request.now + pause)
                    raise


def _host(url: str) -> str:
    """Return the host. Raises CollectError for an address that the HTTP library does not take."""
    try:
        return httpx2.URL(url).host
    except (httpx2.InvalidURL, ValueError):  # idna's errors are ValueErrors
        raise CollectError(f"{shown(url)} is not an http address.", CHECK) from None


def _conditions(known: Validators) -> dict[str, str]:
    both = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in both.items() if value}
