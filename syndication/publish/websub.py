"""Telling WebSub hubs (https://www.w3.org/TR/websub/) that feeds have changed, so that they need not be asked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import stamina

from syndication import __version__

__all__ = ["Announced", "announce"]

_AT_ONCE = 4
_TIMEOUT = 10.0  # seconds
_ATTEMPTS = 3
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Announced:
    """The topics that every hub has heard of, and a sentence for each hub that would not listen."""

    topics: frozenset[str]
    warnings: tuple[str, ...]


class _TryLaterError(Exception):
    """An answer that may be better in a moment."""


async def announce(
    hubs: Sequence[str], topics: Sequence[str], *, contact: str, first_wait: float = 0.5
) -> Announced:
    """Ping each of `hubs` for each of `topics`, the feeds' URLs; three times where it fails, from `first_wait` seconds apart.

    The form is the one that all known hubs take, PubSubHubbub's (0.4 §7.1); WebSub leaves it open. `contact` stands in the User-Agent.
    """
    headers = {"User-Agent": f"syndication/{__version__} (+{contact})"}
    limit = asyncio.Semaphore(_AT_ONCE)
    async with httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False, headers=headers) as client:

        async def ping(hub: str, topic: str) -> str:
            async with limit:
                return await _ping(client, hub, topic, first_wait)

        asked = [(hub, topic) for hub in hubs for topic in topics]
        answers = await asyncio.gather(*(ping(*each) for each in asked))
    failed = {each: answer for each, answer in zip(asked, answers, strict=True) if answer}
    return Announced(
        topics=frozenset(topics) - {topic for _, topic in failed},
        warnings=tuple(
            f"The hub {urlsplit(hub).netloc} did not take the news of {len(reasons)} of {len(topics)} feeds: {reasons[0]}. The next publish tells it again."
            for hub in hubs
            if (reasons := [reason for (each, _), reason in failed.items() if each == hub])
        ),
    )


async def _ping(client: httpx2.AsyncClient, hub: str, topic: str, first_wait: float) -> str:
    """Why it failed, or nothing."""
    again = (_TryLaterError, httpx2.TransportError)
    try:
        async for attempt in stamina.retry_context(
            on=again, attempts=_ATTEMPTS, timeout=None, wait_initial=first_wait
        ):
            with attempt:
                return await _told(client, hub, topic)
    except _TryLaterError as error:
        return str(error)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"it cannot be reached ({type(error).__name__})"
    return ""


async def _told(client: httpx2.AsyncClient, hub: str, topic: str) -> str:
    # hub.topic is what some younger hubs read.
    answer = await client.post(hub, data={"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
    said = f"it answers {answer.status_code}"
    if answer.status_code in _AGAIN:
        raise _TryLaterError(said)
    return "" if answer.is_success else said
