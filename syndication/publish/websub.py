"""Tells WebSub hubs (https://www.w3.org/TR/websub/) that feeds have changed, so that feed readers need not poll."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syndication import __version__

if TYPE_CHECKING:
    import httpx2

_AT_ONCE = 4
_TIMEOUT = 10.0  # seconds
_ATTEMPTS = 3
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Announced:
    """The topics that every hub has accepted, and a sentence for each hub that has refused some."""

    topics: frozenset[str]
    warnings: tuple[str, ...]


class _TryLaterError(Exception):
    """An answer that a later try may improve."""


async def announce(
    hubs: Sequence[str], topics: Sequence[str], *, contact: str, first_wait: float = 0.5
) -> Announced:
    """Ping each of `hubs` for each of `topics`, the feeds' URLs; up to three times if it fails, first after `first_wait` seconds.

    The form is PubSubHubbub's (0.4 §7.1), which all known hubs accept; WebSub leaves it open. `contact` goes in the User-Agent.
    """
    import httpx2

    headers = {"User-Agent": f"syndication/{__version__} (+{contact})"}
    limit = asyncio.Semaphore(_AT_ONCE)
    async with httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False, headers=headers) as client:

        async def ping(hub: str, topic: str) -> str:
            async with limit:
                return await _ping(client, hub, topic, first_wait)

        pings = [(hub, topic) for hub in hubs for topic in topics]
        answers = await asyncio.gather(*(ping(*each) for each in pings))
    failed = {each: answer for each, answer in zip(pings, answers, strict=True) if answer}
    return Announced(
        topics=frozenset(topics) - {topic for _, topic in failed},
        warnings=tuple(
            f"The hub {urlsplit(hub).netloc} did not accept {len(reasons)} of {len(topics)} changed feeds: {reasons[0]}. The next publish pings it again."
            for hub in hubs
            if (reasons := [reason for (each, _), reason in failed.items() if each == hub])
        ),
    )


async def _ping(client: "httpx2.AsyncClient", hub: str, topic: str, first_wait: float) -> str:
    """Ping one hub for one topic. Returns why it failed, or ""."""
    import httpx2
    import stamina

    again = (_TryLaterError, httpx2.TransportError)
    try:
        async for attempt in stamina.retry_context(
            on=again, attempts=_ATTEMPTS, timeout=None, wait_initial=first_wait
        ):
            with attempt:
                return await _post(client, hub, topic)
    except _TryLaterError as error:
        return str(error)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"it cannot be reached ({type(error).__name__})"
    return ""


async def _post(client: "httpx2.AsyncClient", hub: str, topic: str) -> str:
    # Some newer hubs read hub.topic.
    answer = await client.post(hub, data={"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
    status = f"it answers {answer.status_code}"
    if answer.status_code in _AGAIN:
        raise _TryLaterError(status)
    return "" if answer.is_success else status
