"""What subscribers decide for themselves through the links of their mails. Whoever holds a link is the subscriber: nothing else is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from syndication.domain.published import ShelfKind
from syndication.domain.slug import slugify
from syndication.domain.subscriber import Consent, Preferences, Subscriber
from syndication.domain.tokens import Keyring, Purpose
from syndication.domain.variant import language_for
from syndication.errors import SyndicationError
from syndication.flows.app import App
from syndication.flows.secrets import read_keyring
from syndication.flows.subscribers.operator import came_back, shape

__all__ = ["Topic", "choose", "found", "holder", "leave", "own_data", "preferences_link", "proven", "topics"]

T = TypeVar("T")
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Topic:
    """A section that a subscriber can choose."""

    slug: str
    name: str


def holder(app: App, purpose: str, token: str) -> str | None:
    """The random key of the subscriber whom the token of a link belongs to; None for a token that is none of ours."""
    return proven(app, lambda keyring: keyring.verify(purpose, token))


def proven(app: App, verify: Callable[[Keyring], T | None]) -> T | None:
    """What one of the site's keys proves. A key that was added since this process began is looked up in the file."""
    found = verify(app.keyring)
    if found is None:
        try:
            found = verify(read_keyring(app.secrets))
        except SyndicationError:  # of the file: what was read at the start still counts
            return None
    return found


async def found(app: App, purpose: str, token: str) -> Subscriber | None:
    """The subscriber of a link; None when the link is none of ours, or the subscriber was erased."""
    key = holder(app, purpose, token)
    return await app.store.consents.subscriber(key) if key else None


async def leave(app: App, token: str) -> bool:
    """Unsubscribe (RFC 8058): as often as asked, also who is gone. Mail that is queued does not go out. False for a foreign token."""
    key = holder(app, Purpose.UNSUBSCRIBE, token)
    if key is None:
        return False
    await app.store.consents.leave(key, at=app.clock())
    return True


async def topics(app: App) -> tuple[Topic, ...]:
    """The sections there are, by name: those of sources, and those that something was published in."""
    names = {source.section for source in app.sources if source.section}
    names.update(await app.store.shelves.titles(ShelfKind.SECTION))
    known = {slugify(name): name for name in sorted(names, reverse=True)}
    return tuple(sorted((Topic(slug, name) for slug, name in known.items()), key=lambda each: each.name))


async def choose(app: App, subscriber: Subscriber, *, chosen: list[str], language: str, until: str) -> bool:
    """Keep what the form says; an unknown topic or language is passed over, all topics are the same as none.

    `until` is the day (ISO) on which mail begins again, empty for no pause. False, and nothing is kept, for a day that is none, or lies in
    the past or more than a year ahead, and for a subscriber who is not confirmed.
    """
    now = app.clock()
    paused = _day(until, app) if until.strip() else None
    if until.strip() and (paused is None or not now < paused <= now + LONGEST_PAUSE):
        return False
    known = {topic.slug for topic in await topics(app)}
    wanted = tuple(sorted(known & set(chosen)))
    choice = Preferences(
        topics=() if len(wanted) == len(known) else wanted,
        language=language_for(language, app.renderer.languages) if language else "",
        paused=paused,
    )
    return await app.store.consents.choose(subscriber.key, choice, at=now)


def _day(text: str, app: App) -> datetime | None:
    try:
        return datetime.combine(
            date.fromisoformat(text.strip()), time(), app.publication.timezone
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


async def own_data(app: App, subscriber: Subscriber) -> dict[str, Any]:
    """Everything that is kept about a subscriber, for the subscriber."""
    return {
        "publication": app.publication.title,
        **shape(subscriber),
        "bounces": await came_back(app, subscriber),
    }


def preferences_link(app: App, subscriber: Subscriber) -> str:
    """The path, below `web.url`, of a confirmed subscriber's own page; empty for others."""
    if subscriber.consent is not Consent.CONFIRMED:
        return ""
    return f"{Purpose.PREFERENCES}/{app.keyring.sign(Purpose.PREFERENCES, subscriber.key)}"
