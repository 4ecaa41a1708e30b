"""Whose turn it is to ask: a few at once of each host, so many in all, and no sooner than the host wishes."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["HostLimiter", "retry_after"]


@dataclass(slots=True)
class _Host:
    places: asyncio.Semaphore
    free_at: float = 0.0  # the loop's time of the next request, where the host wants them apart
    closed: datetime | None = None


class HostLimiter:
    """`per_host` requests of one host at once, `total` in all."""

    def __init__(self, per_host: int, total: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(asyncio.Semaphore(per_host)))

    @asynccontextmanager
    async def take(self, host: str, *, apart: float = 0.0) -> AsyncIterator[None]:
        """Hold a place for one request, which begins at least `apart` seconds after the host's last.

        The host's own place comes first: whoever waits for a slow host holds none of the places of all.
        """
        known = self._hosts[host]
        async with known.places:
            if apart:
                now = asyncio.get_running_loop().time()
                begin = max(now, known.free_at)
                known.free_at = begin + apart
                await asyncio.sleep(begin - now)
            async with self._all:
                yield

    def close(self, host: str, until: datetime) -> None:
        """Ask nothing more of `host` before `until`."""
        self._hosts[host].closed = until

    def closed(self, host: str, now: datetime) -> timedelta | None:
        """How long the host still wants to be left alone."""
        until = self._hosts[host].closed
        return until - now if until and until > now else None


def retry_after(text: str, now: datetime) -> float | None:
    """The seconds of a Retry-After, which may be a date (RFC 9110 §10.2.3); None when it says nothing."""
    if text.strip().isdecimal() and text.isascii():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
