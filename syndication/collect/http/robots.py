"""robots.txt (RFC 9309): read once per host and run, and obeyed for every address that was found rather than configured."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from syndication.collect.text.links import shown
from syndication.errors import CollectError

NAME = "syndication"  # our product token in a site's rules
SIZE = 500 * 2**10  # bytes of the file that count (§2.5)
KEPT = timedelta(hours=24)  # for long-running processes (§2.4)
KEPT_ERROR = timedelta(minutes=10)
PATTERNS = 5_000  # wildcards in a file, at most
HOSTS = 500  # files in memory; the oldest is dropped first

_AGENT = re.compile(
    r"^[^\S\n]*user[- ]?agent[^\S\n]*[:\s][^\S\n]*([^\n#]*)[^\n]*$", re.IGNORECASE | re.MULTILINE
)

Get = Callable[[str, datetime, bool], Awaitable[bytes | None]]
"""Fetches the file at an address, None for none; the flag is `allow_private`. Raises CollectError if that is unknown."""


@dataclass(frozen=True, slots=True)
class _HostRules:
    """A host's file: without `rules` everything is allowed, with an `error` nothing is."""

    read: datetime
    rules: Protego | None = None
    error: CollectError | None = None


class RobotsFiles:
    """The files of all hosts. A host may ask for at most `longest` seconds between two requests."""

    def __init__(self, get: Get, *, longest: float) -> None:
        self._get = get
        self._longest = longest
        self._hosts: dict[tuple[str, bool], _HostRules] = {}
        self._reading: defaultdict[tuple[str, bool], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, url: str, *, now: datetime, allow_private: bool) -> float:
        """Return the seconds that the host wants between two requests, or 0. Raises CollectError if `url` is forbidden."""
        parts = urlsplit(url)
        host = await self._host(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", now, allow_private)
        if host.error:
            raise CollectError(
                f"{shown(url)} was not fetched, because the site's robots.txt cannot be read: {host.error.message}",
                host.error.hint,
            )
        if host.rules is None:
            return 0.0
        if not host.rules.can_fetch(url, NAME):
            raise CollectError(
                f"{shown(url)} was not fetched: the site's robots.txt forbids it.",
                f"Ask the site's operator to allow the agent {NAME}, or leave it out.",
            )
        return min(host.rules.crawl_delay(NAME) or 0.0, self._longest)

    async def _host(self, origin: str, now: datetime, allow_private: bool) -> _HostRules:  # noqa: FBT001 - a key
        key = (origin, allow_private)
        async with self._reading[key]:
            known = self._hosts.get(key)
            if known is None or now - known.read > (KEPT_ERROR if known.error else KEPT):
                known = self._hosts[key] = await self._read(origin, now, allow_private)
                while len(self._hosts) > HOSTS:
                    oldest = next(iter(self._hosts))
                    del self._hosts[oldest]
                    self._reading.pop(oldest, None)
            return known

    async def _read(self, origin: str, now: datetime, allow_private: bool) -> _HostRules:  # noqa: FBT001
        try:
            data = await self._get(f"{origin}/robots.txt", now, allow_private)
            return _HostRules(now, rules=await asyncio.to_thread(read_rules, data) if data else None)
        except CollectError as error:
            return _HostRules(now, error=error)  # §2.3.1.4: an unreachable file forbids everything


def read_rules(data: bytes) -> Protego:
    """Parse the file `data`.

    The user agents of others get one name: Protego copies a group's rules for each of its agents. Raises CollectError
    for more patterns than could be matched within a second.
    """
    lines = data[:SIZE].decode("utf-8-sig", "replace").splitlines()
    text = "\n".join(lines if len(data) <= SIZE else lines[:-1])
    if text.count("*") + text.count("$") > PATTERNS:
        raise CollectError(
            f"it has more than {PATTERNS} patterns.", "Ask the site's operator for a shorter robots.txt."
        )
    return Protego.parse(_AGENT.sub(_renamed, text))


def _renamed(line: re.Match[str]) -> str:
    agent = line[1].strip().lower()
    return line[0] if NAME.startswith(agent.replace("*", "")) else "User-agent: -"
