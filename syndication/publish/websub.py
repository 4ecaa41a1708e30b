"""Tells WebSub hubs (https://www.w3.org/TR/websub/) that feeds have changed, so that feed readers need not poll."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syndication import __version__
from syndication.logs import logger

if TYPE_CHECKING:
    import httpx2

log = logger(__name__)

BUDGET = 30.0  # seconds for all hubs
_AT_ONCE = 4  # requests to one hub
_TIMEOUT = 8.0  # seconds
_ATTEMPTS = 3
_SILENCES = 2  # time-outs after which a hub is dropped for this time
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# Hubs that read every hub.url of a request (PubSubHubbub 0.3 §7.1). Of one in PHP the last would count, with a 204 for all.
SEVERAL = frozenset({"pubsubhubbub.appspot.com", "pubsubhubbub.superfeedr.com"})
_TOGETHER = 50  # topics in a request


@dataclass(frozen=True, slots=True)
class Announced:
    """The topics that every hub has accepted, and a sentence for each hub that has not accepted some."""

    topics: frozenset[str]
    warnings: tuple[str, ...]


async def announce(
    hubs: Sequence[str],
    topics: Sequence[str],
    *,
    contact: str,
    first_wait: float = 0.5,
    seconds: float = _TIMEOUT,
    budget: float = BUDGET,
    several: Collection[str] = SEVERAL,
) -> Announced:
    """Ping each of `hubs` for each of `topics`, the feeds' URLs; up to three times if it fails, first after `first_wait` seconds.

    A hub has `seconds` for an answer; all of it ends within `budget` seconds. The form is PubSubHubbub's (0.4 §7.1), which all known hubs accept; WebSub leaves it open.
    The hosts in `several` get many topics in one request. `contact` goes in the User-Agent.
    """
    import httpx2

    headers = {"User-Agent": f"syndication/{__version__} (+{contact})"}
    async with httpx2.AsyncClient(timeout=seconds, trust_env=False, headers=headers) as client:
        told = [_Hub(hub, client, first_wait, budget) for hub in hubs]
        await asyncio.gather(*(hub.tell(topics, _TOGETHER if hub.host in several else 1) for hub in told))
    accepted = [hub.accepted for hub in told]
    return Announced(
        topics=frozenset(topics).intersection(*accepted),
        warnings=tuple(hub.warning(len(topics)) for hub in told if len(hub.accepted) < len(topics)),
    )


@dataclass(slots=True)
class _Hub:
    url: str
    client: "httpx2.AsyncClient"
    first_wait: float
    budget: float
    accepted: set[str] = field(default_factory=set)
    reason: str = ""  # why it did not accept the first of those that it did not
    silences: int = 0
    opens: float = 0.0  # of the event loop's clock: before, it wants no request
    dropped: bool = False
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    @property
    def host(self) -> str:
        """The name of the machine."""
        return urlsplit(self.url).hostname or ""

    def warning(self, changed: int) -> str:
        """Return the sentence on what it did not accept."""
        return f"The hub {urlsplit(self.url).netloc} did not accept {changed - len(self.accepted)} of {changed} changed feeds: {self.reason}. The next publish pings it again."

    async def tell(self, topics: Sequence[str], together: int) -> None:
        """Ping it for `topics`, `together` in a request. Raises nothing."""
        some = [topics[start : start + together] for start in range(0, len(topics), together)]
        try:
            async with asyncio.timeout(self.budget):
                await asyncio.gather(*(self._ping(each) for each in some))
        except TimeoutError:
            self.reason = self.reason or f"there was no time left after {self.budget:g} seconds"
        except Exception as error:  # noqa: BLE001 - no hub ends a run
            log.fault("a hub cannot be told", error, hub=self.host)
            self.reason = self.reason or type(error).__name__

    async def _ping(self, topics: Sequence[str]) -> None:
        clock = asyncio.get_running_loop().time
        wait = self.first_wait
        async with self.free:
            for attempt in range(_ATTEMPTS):
                pause = max(self.opens - clock(), wait if attempt else 0.0)
                self.dropped = self.dropped or pause > self.budget
                await asyncio.sleep(0.0 if self.dropped else pause)
                if self.dropped:
                    return
                wait *= 2
                reason, later = await self._post(topics)
                if not reason:
                    self.accepted.update(topics)
                    return
                self.reason = self.reason or reason
                if not later:
                    return

    async def _post(self, topics: Sequence[str]) -> tuple[str, bool]:
        """Return why the hub did not accept `topics`, and whether it may later."""
        import httpx2

        # Some newer hubs read hub.topic.
        form = {"hub.mode": "publish", "hub.url": list(topics), "hub.topic": list(topics)}
        try:
            answer = await self.client.post(self.url, data=form)
        except httpx2.TimeoutException:
            self.silences += 1
            self.dropped = self.dropped or self.silences >= _SILENCES
            return "it does not answer", True
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return f"it cannot be reached ({type(error).__name__})", isinstance(error, httpx2.TransportError)
        if answer.is_success:
            return "", False
        self.opens = max(self.opens, asyncio.get_running_loop().time() + _wish(answer.headers))
        return f"it answers {answer.status_code}", answer.status_code in _AGAIN


def _wish(headers: "httpx2.Headers") -> float:
    """Return the seconds of a Retry-After (RFC 9110 §10.2.3), which may be a time on the server's clock; 0 without one."""
    text = headers.get("Retry-After", "").strip()
    try:
        if text.isdecimal():
            return float(text)
        return (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds()
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0.0
