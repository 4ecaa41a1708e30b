"""Limit the requests: a few at once per host, a number in all, and no sooner than the host wants."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    free_at: float = 0.0  # the loop's time of the next request, if the host wants a delay between them
    closed: datetime | None = None


class HostLimiter:
    """Allows `per_host` requests to one host at once, and `total` in all."""

    def __init__(self, per_host: int, total: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(asyncio.Semaphore(per_host)))

    @asynccontextmanager
    async def take(self, host: str, *, delay: float = 0.0) -> AsyncIterator[None]:
        """Hold a slot for one request, which begins at least `delay` seconds after the last one to this host.

        The host's own slot is taken first: a request that waits for a slow host holds none of the `total`.
        """
        known = self._hosts[host]
        async with known.slots:
            if delay:
                now = asyncio.get_running_loop().time()
                begin = max(now, known.free_at)
                known.free_at = begin + delay
                await asyncio.sleep(begin - now)
            async with self._all:
                yield

    def close(self, host: str, until: datetime) -> None:
        """Send no request to `host` before `until`."""
        self._hosts[host].closed = until

    def closed(self, host: str, now: datetime) -> timedelta | None:
        """Return how long to send the host no request, if at all."""
        until = self._hosts[host].closed
        return until - now if until and until > now else None


def retry_after(text: str, now: datetime) -> float | None:
    """Parse a Retry-After, which may be a date (RFC 9110 §10.2.3), into seconds; None when it is neither."""
    if text.strip().isdecimal() and text.isascii():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
