"""robots.txt (RFC 9309): read once a host and run, and obeyed for every address that was found rather than configured."""

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

__all__ = ["NAME", "RobotsFiles", "read_rules"]

NAME = "syndication"  # the product token that a site's rules call us by
SIZE = 500 * 2**10  # bytes of the file that count (§2.5)
KEPT = timedelta(hours=24)  # in a process that runs on (§2.4)
KEPT_ERROR = timedelta(minutes=10)
PATTERNS = 5_000  # wildcards in a file
HOSTS = 500  # files kept; the oldest goes first

_AGENT = re.compile(
    r"^[^\S\n]*user[- ]?agent[^\S\n]*[:\s][^\S\n]*([^\n#]*)[^\n]*$", re.IGNORECASE | re.MULTILINE
)

Ask = Callable[[str, datetime, bool], Awaitable[bytes | None]]
"""The file at an address, None when there is none; the flag is `allow_private`. Raises CollectError when it cannot be told."""


@dataclass(frozen=True, slots=True)
class _Word:
    """What a host's file says; without `rules` everything is free, with an `error` nothing is."""

    read: datetime
    rules: Protego | None = None
    error: CollectError | None = None


class RobotsFiles:
    """The files of all hosts. `longest` is how many seconds between two requests a host may ask for."""

    def __init__(self, ask: Ask, *, longest: float) -> None:
        self._ask = ask
        self._longest = longest
        self._words: dict[tuple[str, bool], _Word] = {}
        self._reading: defaultdict[tuple[str, bool], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, url: str, *, now: datetime, allow_private: bool) -> float:
        """The seconds that the host wants between two requests, 0 when it does not say. Raises CollectError when `url` is not ours to ask for."""
        parts = urlsplit(url)
        word = await self._word(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", now, allow_private)
        if word.error:
            raise CollectError(
                f"{shown(url)} is not asked for, because the site's robots.txt cannot be read: {word.error.message}",
                word.error.hint,
            )
        if word.rules is None:
            return 0.0
        if not word.rules.can_fetch(url, NAME):
            raise CollectError(
                f"{shown(url)} is not asked for: the site's robots.txt forbids it.",
                f"Ask the site's operator to allow the agent {NAME}, or leave it out.",
            )
        return min(word.rules.crawl_delay(NAME) or 0.0, self._longest)

    async def _word(self, origin: str, now: datetime, allow_private: bool) -> _Word:  # noqa: FBT001 - a key
        key = (origin, allow_private)
        async with self._reading[key]:
            known = self._words.get(key)
            if known is None or now - known.read > (KEPT_ERROR if known.error else KEPT):
                known = self._words[key] = await self._asked(origin, now, allow_private)
                while len(self._words) > HOSTS:
                    oldest = next(iter(self._words))
                    del self._words[oldest]
                    self._reading.pop(oldest, None)
            return known

    async def _asked(self, origin: str, now: datetime, allow_private: bool) -> _Word:  # noqa: FBT001
        try:
            data = await self._ask(f"{origin}/robots.txt", now, allow_private)
            return _Word(now, rules=await asyncio.to_thread(read_rules, data) if data else None)
        except CollectError as error:
            return _Word(now, error=error)  # §2.3.1.4: what cannot be reached forbids everything


def read_rules(data: bytes) -> Protego:
    """The rules of the file `data`.

    Groups of other programs are made one: each agent of a group costs a copy of all its rules. Raises CollectError when comparing
    an address with so many patterns would take a second.
    """
    lines = data[:SIZE].decode("utf-8-sig", "replace").splitlines()
    text = "\n".join(lines if len(data) <= SIZE else lines[:-1])
    if text.count("*") + text.count("$") > PATTERNS:
        raise CollectError(
            f"it has more than {PATTERNS} patterns.", "Ask the site's operator for a shorter robots.txt."
        )
    return Protego.parse(_AGENT.sub(_ours, text))


def _ours(line: re.Match[str]) -> str:
    agent = line[1].strip().lower()
    return line[0] if NAME.startswith(agent.replace("*", "")) else "User-agent: -"
