"""What subscribers decide through the links of their mails. The holder of a link is taken for the subscriber: there is no login."""

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
from syndication.flows.subscribers.operator import history

T = TypeVar("T")
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Topic:
    """A section that a subscriber can choose."""

    slug: str
    name: str


def key_of(app: App, purpose: str, token: str) -> str | None:
    """Return the random key of the subscriber that a link's token belongs to; None for a foreign token."""
    return proven(app, lambda keyring: keyring.verify(purpose, token))


def proven(app: App, verify: Callable[[Keyring], T | None]) -> T | None:
    """Return what `verify` finds with the site's keys, also with a key that was added to the file since this process began."""
    result = verify(app.keyring)
    if result is None:
        try:
            result = verify(read_keyring(app.secrets))
        except SyndicationError:  # of the file: what was read at the start still counts
            return None
    return result


async def subscriber_of_link(app: App, purpose: str, token: str) -> Subscriber | None:
    """Return the subscriber of a link; None when the link is foreign, or the subscriber was erased."""
    key = key_of(app, purpose, token)
    return await app.store.consents.subscriber(key) if key else None


async def unsubscribe_by_link(app: App, token: str) -> bool:
    """Unsubscribe (RFC 8058); may be repeated. Queued mail does not go out. False for a foreign token."""
    key = key_of(app, Purpose.UNSUBSCRIBE, token)
    if key is None:
        return False
    await app.store.consents.unsubscribe(key, at=app.clock())
    return True


async def topics(app: App) -> tuple[Topic, ...]:
    """Return the sections by name: those of sources, and those of published articles."""
    names = {source.section for source in app.sources if source.section}
    names.update(await app.store.shelves.titles(ShelfKind.SECTION))
    known = {slugify(name): name for name in sorted(names, reverse=True)}
    return tuple(sorted((Topic(slug, name) for slug, name in known.items()), key=lambda each: each.name))


async def choose(app: App, subscriber: Subscriber, *, chosen: list[str], language: str, until: str) -> bool:
    """Keep what the form says. Unknown topics and languages are ignored; all topics are the same as none.

    `until` is the day (ISO) on which mail begins again, empty for no pause. False, and nothing is kept, for an invalid day, one in the
    past or more than a year ahead, and for a subscriber who is not confirmed.
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
    """Return everything that is kept about a subscriber, as the JSON document for that subscriber."""
    return {"publication": app.publication.title, **(await history(app, subscriber)).document()}


def preferences_link(app: App, subscriber: Subscriber) -> str:
    """Return the path, below `web.url`, of a confirmed subscriber's page; empty for others."""
    if subscriber.consent is not Consent.CONFIRMED:
        return ""
    return f"{Purpose.PREFERENCES}/{app.keyring.sign(Purpose.PREFERENCES, subscriber.key)}"
