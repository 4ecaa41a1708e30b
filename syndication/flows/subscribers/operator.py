"""The list: export, add, remove, list, show. Adding, like importing, never revives somebody who left."""

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TextIO

from syndication.deliver.address import parse_address
from syndication.domain.subscriber import Consent, NewSubscribers, Subscriber
from syndication.errors import UsageError
from syndication.flows.app import App
from syndication.flows.subscribers.list_row import REFUSED, RowParser, known_topics, marks

__all__ = [
    "AddedOne",
    "add_one",
    "came_back",
    "each",
    "erase",
    "erase_one",
    "export_file",
    "one",
    "remove_one",
    "shape",
    "stored",
]


EXPORTED = ("email", "name", "language", "topics", "confirmed_at", "consent", "created_at", "proof")


@dataclass(frozen=True, slots=True)
class AddedOne:
    """What became of one address."""

    email: str
    result: str


async def export_file(app: App, file: Path | None) -> int:
    """Write the whole list as CSV, row by row; to standard output without a file. Returns the number of rows."""
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
    iso = lru_cache(_iso)  # imported subscribers have one time
    async for page in app.store.subscribers.exported():
        writer.writerows(
            (*said, iso(confirmed), consent, iso(created), proof)
            for *said, confirmed, consent, created, proof in page
        )
        number += len(page)
    return number


async def add_one(app: App, email: str, *, name: str = "", language: str = "", topics: str = "") -> AddedOne:
    """Add one confirmed subscriber. Raises UsageError with the reason when it is refused."""
    now = app.clock()
    subscriber = RowParser(await known_topics(app), f"added by the operator, {now:%Y-%m-%dT%H:%M:%SZ}", now)
    try:
        new = subscriber.row({"email": email, "name": name, "language": language, "topics": topics})
    except ValueError as error:
        raise UsageError(f"{email} was not added: {error}.") from None
    (result,) = await app.store.subscribers.add_many(
        NewSubscribers.of(new), [app.new_id()], at=now, hashes=partial(marks, app.keyring)
    )
    if result.refused:
        raise UsageError(f"{email} was not added: {REFUSED[result]}.")
    return AddedOne(new.email, result.value)


async def remove_one(app: App, email: str) -> bool:
    """Unsubscribe; whether the address was subscribed."""
    return await app.store.subscribers.remove(_address(email), at=app.clock())


async def each(
    app: App, consent: str, *, print_row: Callable[[dict[str, Any]], None] | None
) -> list[dict[str, Any]]:
    """Hand every subscriber to `print_row`, or return them all."""
    try:
        wanted = Consent(consent) if consent else None
    except ValueError:
        raise UsageError(f"{consent!r} is no consent state.", f"Known: {', '.join(Consent)}.") from None
    rows = []
    async for subscriber in app.store.subscribers.stream(wanted):
        if print_row:
            print_row(shape(subscriber))
        else:
            rows.append(shape(subscriber))
    return rows


async def one(app: App, email: str) -> dict[str, Any]:
    """With what came back of the subscriber's mails, and what was decided. Of an address that is not on the list: what keeps it away.

    Raises UsageError for any other.
    """
    address = _address(email)
    subscriber = await app.store.subscribers.get(address)
    if subscriber is not None:
        return shape(subscriber) | {"bounces": await came_back(app, subscriber)}
    away = await app.store.subscribers.kept_away(address, marks(app.keyring, address))
    if away is None:
        raise _unknown(email)
    kept = "a keyed hash of the mailbox" if away.hashed else "the row of another address of the mailbox"
    return {
        "email": address,
        "kept_away": away.why.value,
        "since": _iso(away.since),
        "why": REFUSED[away.why],
        "known_by": kept,
    }


async def came_back(app: App, subscriber: Subscriber) -> list[dict[str, Any]]:
    """A subscriber's bounces and complaints, the latest first."""
    return [
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
        for event in await app.store.bounces.of(subscriber.id)
    ]


async def stored(app: App, email: str) -> Subscriber:
    """The subscriber with this address. Raises UsageError when nobody has it."""
    found = await app.store.subscribers.get(_address(email))
    if found is None:
        raise _unknown(email)
    return found


def _unknown(email: str) -> UsageError:
    return UsageError(f"{email} is not on the list.", "`syndicate subscribers list` shows who is.")


def shape(subscriber: Subscriber) -> dict[str, Any]:
    """A subscriber as it is shown and exported; its random key stays in the store."""
    return {
        "email": subscriber.email,
        "name": subscriber.name,
        "language": subscriber.language,
        "topics": list(subscriber.topics),
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


async def erase(app: App, subscriber: Subscriber) -> None:
    """Delete the subscriber and blank the rows of deliveries. A keyed hash of the mailbox stays, and whether its owner complained."""
    await app.store.consents.erase(subscriber, marks(app.keyring, subscriber.email)[0], at=app.clock())


async def erase_one(app: App, email: str) -> None:
    """The same by address. Raises UsageError when nobody has it."""
    await erase(app, await stored(app, email))
