"""The list of subscribers. An address is there once, whatever its letters' case, and adding it again does not undo an unsubscription."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Connection, Select, Text, func, or_, select, type_coerce, update

from syndication.domain.subscriber import (
    Added,
    Consent,
    NewSubscriber,
    NewSubscribers,
    Subscriber,
    same_address,
)
from syndication.store.columns import from_microseconds
from syndication.store.engine import lock
from syndication.store.repository import Repository, batched, reads, writes
from syndication.store.subscribers.adding import add, add_many
from syndication.store.subscribers.suppression import KeptAway, what_keeps_away
from syndication.store.tables.subscribers import subscribers

CHUNK = 1000
PAGE = 10_000  # rows
Exported: TypeAlias = tuple[str, str, str, str, datetime | None, str, datetime | None, str]


class Subscribers(Repository):
    """Subscribers and their consent."""

    @writes
    def add(
        self, connection: Connection, rows: Iterable[NewSubscriber], *, at: datetime, key: Callable[[], str]
    ) -> tuple[Added, ...]:
        """Add subscribers in one transaction, and return what became of each row, in order. `key` makes a subscriber's random key.

        Adding an address again changes only the given ones of name, language and topics, and a confirmed row confirms a pending
        subscriber. An address that unsubscribed, bounced or complained is refused.
        """
        lock(connection, "subscribers")
        return tuple(result for some in batched(rows, CHUNK) for result in add(connection, some, at, key))

    @writes
    def add_many(
        self,
        connection: Connection,
        new: NewSubscribers,
        keys: Sequence[str],
        *,
        at: datetime,
        hashes: Callable[[str], Sequence[str]],
    ) -> Sequence[Added]:
        """Add many confirmed rows, like `add`, with a random key for each; suppressed addresses are refused too.

        `hashes` returns the keyed hashes of an address.
        """
        lock(connection, "subscribers")
        return add_many(connection, new, keys, at=at, hashes=hashes)

    @writes
    def remove(self, connection: Connection, email: str, *, at: datetime) -> bool:
        """Unsubscribe an address. Return False when it was not on the list, or had left already."""
        c = subscribers.c
        change = (
            update(subscribers)
            .where(c.canonical == same_address(email), c.consent.in_((Consent.PENDING, Consent.CONFIRMED)))
            .values(consent=Consent.UNSUBSCRIBED, left=at)
        )
        return connection.execute(change).rowcount > 0

    @reads
    def get(self, connection: Connection, email: str) -> Subscriber | None:
        """Return the subscriber with this address, whatever its letters' case."""
        query = select(subscribers).where(subscribers.c.canonical == same_address(email))
        row = connection.execute(query).first()
        return subscriber(row) if row else None

    @reads
    def kept_away(self, connection: Connection, email: str, hashes: Sequence[str]) -> KeptAway | None:
        """Return why this address is suppressed, itself or by another of its mailbox; None when an import may add it."""
        return what_keeps_away(connection, email, hashes)

    @reads
    def search(self, connection: Connection, text: str, *, limit: int) -> tuple[Subscriber, ...]:
        """Return confirmed subscribers whose address or name contains `text`, in any case, in the order they were added."""
        c = subscribers.c
        found = or_(
            c.canonical.contains(same_address(text), autoescape=True),
            c.name.icontains(text.strip(), autoescape=True),
        )
        query = select(subscribers).where(c.consent == Consent.CONFIRMED, found).order_by(c.id).limit(limit)
        return tuple(map(subscriber, connection.execute(query)))

    @reads
    def count(self, connection: Connection) -> dict[Consent, int]:
        """Count the subscribers by consent; every consent is a key."""
        query = select(subscribers.c.consent, func.count()).group_by(subscribers.c.consent)
        found = {Consent(consent): number for consent, number in connection.execute(query)}
        return {consent: found.get(consent, 0) for consent in Consent}

    async def stream(self, consent: Consent | None = None) -> AsyncIterator[Subscriber]:
        """Yield all subscribers (of one consent) in the order they were added, a thousand in memory at a time."""
        last = 0
        while True:
            query = select(subscribers).where(subscribers.c.id > last).order_by(subscribers.c.id).limit(CHUNK)
            if consent is not None:
                query = query.where(subscribers.c.consent == consent)
            page = await self._fetch(query)
            for row in page:
                yield subscriber(row)
            if len(page) < CHUNK:
                return
            last = page[-1].id

    async def exported(self) -> AsyncIterator[Sequence[Exported]]:
        """Yield all subscribers as plain values, ten thousand at a time: an object for each would cost more than reading it.

        The values are email, name, language, topics (slugs, separated by spaces), confirmed, consent, created, proof.
        """
        c, last = subscribers.c, 0
        confirmed, created = (type_coerce(time, BigInteger) for time in (c.confirmed, c.created))
        topics = type_coerce(c.topics, Text)
        values = select(c.id, c.email, c.name, c.language, topics, confirmed, c.consent, created, c.proof)
        while True:
            query = values.where(c.id > last).order_by(c.id).limit(PAGE)
            page = await self._fetch(query)
            yield [
                (email, name, language, topics, _time(confirmed), consent, _time(created), proof)
                for _, email, name, language, topics, confirmed, consent, created, proof in page
            ]
            if len(page) < PAGE:
                return
            last = page[-1].id

    @reads
    def _fetch(self, connection: Connection, query: Select[Any]) -> Sequence[Any]:
        return connection.execute(query).all()


@lru_cache  # the subscribers of an import share their times
def _time(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)


def subscriber(row: Any) -> Subscriber:
    """Make a subscriber of a row of `subscribers`."""
    return Subscriber(
        id=row.id,
        email=row.email,
        key=row.key,
        consent=Consent(row.consent),
        created=row.created,
        name=row.name,
        language=row.language,
        topics=row.topics,
        confirmed=row.confirmed,
        proof=row.proof,
        paused=row.paused,
    )
