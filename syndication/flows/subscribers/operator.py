"""What the operator does with the list: export, add, remove, list, show, erase. Importing is in `importing.py`.

Adding, like importing, never revives a subscriber who left.
"""

import csv
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TextIO

from syndication.deliver.address import parse_address
from syndication.domain.bounce import Event
from syndication.domain.subscriber import Consent, NewSubscribers, Subscriber
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.subscribers.list_row import REFUSED, RowParser, known_topics, mailbox_hashes

EXPORTED = ("email", "name", "language", "topics", "confirmed_at", "consent", "created_at", "proof")


@dataclass(frozen=True, slots=True)
class AddedSubscriber:
    """One address, and whether it was `added` or is `present`."""

    email: str
    result: str


@dataclass(frozen=True, slots=True)
class SubscriberHistory:
    """Everything that is kept about a subscriber; the latest bounce or complaint first."""

    subscriber: Subscriber
    bounces: tuple[Event, ...]

    def document(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        bounces = [
            {
                "at": _iso(event.at),
                "mail_of": _iso(event.sent),
                "kind": event.kind.value,
                "status": event.status,
                "words": event.words,
                "source": event.source,
                "score": round(event.score, 2),
                "decision": event.why,
            }
            for event in self.bounces
        ]
        return subscriber_document(self.subscriber) | {"bounces": bounces}


@dataclass(frozen=True, slots=True)
class KeptAwayRecord:
    """Why an address that is not on the list cannot be added."""

    email: str
    kept_away: str
    since: str
    why: str
    known_by: str

    def document(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        return asdict(self)


async def export_list(app: App, file: Path | None) -> int:
    """Write the whole list as CSV, row by row; to standard output without a file. Return the number of rows."""
    if file is None:
        return await _export(app, sys.stdout)
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            return await _export(app, out)
    except OSError as error:
        raise UsageError(f"{file} cannot be written ({error.strerror}).", "Choose another file.") from error


async def _export(app: App, out: TextIO) -> int:
    writer, number = csv.writer(out), 0
    writer.writerow(EXPORTED)
    iso = lru_cache(_iso)  # imported subscribers share one time
    async for page in app.store.subscribers.exported():
        writer.writerows(
            (*cells, iso(confirmed), consent, iso(created), proof)
            for *cells, confirmed, consent, created, proof in page
        )
        number += len(page)
    return number


async def add_subscriber(
    app: App, email: str, *, name: str = "", language: str = "", topics: str = ""
) -> AddedSubscriber:
    """Add one confirmed subscriber. Raises UsageError with the reason when it is refused."""
    now = app.clock()
    parser = RowParser(await known_topics(app), f"added by the operator, {now:%Y-%m-%dT%H:%M:%SZ}", now)
    try:
        new = parser.row({"email": email, "name": name, "language": language, "topics": topics})
    except ValueError as error:
        raise UsageError(f"{email} was not added: {error}.") from None
    (result,) = await app.store.subscribers.add_many(
        NewSubscribers.of(new), [app.new_id()], at=now, hashes=partial(mailbox_hashes, app.keyring)
    )
    if result.refused:
        raise UsageError(f"{email} was not added: {REFUSED[result]}.")
    return AddedSubscriber(new.email, result.value)


async def remove_subscriber(app: App, email: str) -> bool:
    """Unsubscribe an address, and return whether it was subscribed. Raises UsageError for an invalid address."""
    return await app.store.subscribers.remove(_address(email), at=app.clock())


async def list_subscribers(app: App, consent: str) -> AsyncIterator[Subscriber]:
    """Yield every subscriber, or those in one state of consent. Raises UsageError for an unknown state."""
    try:
        wanted = Consent(consent) if consent else None
    except ValueError:
        raise UsageError(f"{consent!r} is not a consent state.", f"Known: {', '.join(Consent)}.") from None
    async for subscriber in app.store.subscribers.stream(wanted):
        yield subscriber


async def subscriber_history(app: App, email: str) -> SubscriberHistory | KeptAwayRecord:
    """Return what is kept about an address; of one that is not on the list, what keeps it away. Raises UsageError when nothing does."""
    address = _address(email)
    subscriber = await app.store.subscribers.get(address)
    if subscriber is not None:
        return await history(app, subscriber)
    away = await app.store.subscribers.kept_away(address, mailbox_hashes(app.keyring, address))
    if away is None:
        raise _unknown(email)
    known_by = "a keyed hash of the mailbox" if away.hashed else "the row of another address of the mailbox"
    return KeptAwayRecord(address, away.why.value, _iso(away.since), REFUSED[away.why], known_by)


async def history(app: App, subscriber: Subscriber) -> SubscriberHistory:
    """Return everything that is kept about a subscriber."""
    return SubscriberHistory(subscriber, tuple(await app.store.bounces.of(subscriber.id)))


def subscriber_document(subscriber: Subscriber) -> dict[str, Any]:
    """Return a subscriber as a JSON document, without the random key. Times are in UTC, empty when there is none."""
    return {
        "email": subscriber.email,
        "name": subscriber.name,
        "language": subscriber.language,
        "topics": subscriber.topics,
        "consent": subscriber.consent.value,
        "confirmed_at": _iso(subscriber.confirmed),
        "paused_until": _iso(subscriber.paused),
        "created_at": _iso(subscriber.created),
        "proof": subscriber.proof,
    }


def _iso(time: datetime | None) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else ""


def _address(email: str) -> str:
    try:
        return parse_address(email).email
    except ValueError as error:
        raise UsageError(f"{email!r} is not an address: {error}.") from None


def _unknown(email: str) -> UsageError:
    return UsageError(f"{email} is not on the list.", "`syndicate subscribers list` shows who is.")


async def erase(app: App, subscriber: Subscriber) -> None:
    """Delete the subscriber and blank the rows of deliveries. A keyed hash of the mailbox stays, and whether its owner complained."""
    hashed = mailbox_hashes(app.keyring, subscriber.email)[0]
    await app.store.consents.erase(subscriber, hashed, at=app.clock())


async def erase_subscriber(app: App, email: str) -> None:
    """Erase the subscriber with this address. Raises UsageError when it is not on the list."""
    subscriber = await app.store.subscribers.get(_address(email))
    if subscriber is None:
        raise _unknown(email)
    await erase(app, subscriber)
