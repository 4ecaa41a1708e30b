"""The list of subscribers. An address stands once, whatever its letters' case; nobody who left is revived."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, Connection, Select, Text, func, or_, select, type_coerce, update

from syndication.domain.subscriber import Added, Consent, NewSubscriber, NewSubscribers, Subscriber
from syndication.store.columns import canonical, from_microseconds
from syndication.store.engine import Database, lock
from syndication.store.subscribers.intake import add, take_in
from syndication.store.subscribers.suppression import KeptAway, what_keeps_away
from syndication.store.tables.subscribers import subscribers

__all__ = ["Subscribers", "subscriber"]

CHUNK = 1000
PAGE = 10_000  # rows
Exported: TypeAlias = tuple[str, str, str, str, datetime | None, str, datetime | None, str]


class Subscribers:
    """Subscribers and their consent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, rows: Iterable[NewSubscriber], *, at: datetime, key: Callable[[], str]
    ) -> tuple[Added, ...]:
        """Add subscribers in one transaction and say what became of each row, in order. `key` makes a subscriber's random key.

        Adding again changes nothing, but that name, language and topics are taken over where given, and a confirmed row confirms a
        subscriber who was still pending. Who unsubscribed, bounced or complained is refused.
        """
        new = list(rows)

        def change(connection: Connection) -> tuple[Added, ...]:
            lock(connection, "subscribers")
            results: list[Added] = []
            for start in range(0, len(new), CHUNK):
                results.extend(add(connection, new[start : start + CHUNK], at, key))
            return tuple(results)

        return await self._database.write(change)

    async def take_in(
        self,
        new: NewSubscribers,
        keys: Sequence[str],
        *,
        at: datetime,
        marks: Callable[[str], Sequence[str]],
    ) -> Sequence[Added]:
        """The same for many rows, a random key for each; besides, who is kept away (`KeptAway`) is refused; `marks` gives an address's hashes."""

        def change(connection: Connection) -> Sequence[Added]:
            lock(connection, "subscribers")
            return take_in(connection, new, keys, at=at, marks=marks)

        return await self._database.write(change)

    async def remove(self, email: str, *, at: datetime) -> bool:
        """Unsubscribe an address. False when it was not there, or had left already."""
        change = (
            update(subscribers)
            .where(subscribers.c.canonical == canonical(email))
            .where(subscribers.c.consent.in_((Consent.PENDING, Consent.CONFIRMED)))
            .values(consent=Consent.UNSUBSCRIBED, left=at)
        )
        return await self._database.write(lambda connection: connection.execute(change).rowcount > 0)

    async def get(self, email: str) -> Subscriber | None:
        """The subscriber with this address, in any case of its letters."""
        question = select(subscribers).where(subscribers.c.canonical == canonical(email))

        def answer(connection: Connection) -> Subscriber | None:
            row = connection.execute(question).first()
            return subscriber(row) if row else None

        return await self._database.read(answer)

    async def kept_away(self, email: str, marks: Sequence[str]) -> KeptAway | None:
        """What keeps this address away, or another of its mailbox; None when an import may bring it in."""
        return await self._database.read(lambda connection: what_keeps_away(connection, email, marks))

    async def search(self, text: str, *, limit: int) -> tuple[Subscriber, ...]:
        """Confirmed subscribers whose address or name holds `text`, in any case, in the order they were added."""
        c = subscribers.c
        question = (
            select(subscribers)
            .where(c.consent == Consent.CONFIRMED)
            .where(
                or_(
                    c.canonical.contains(canonical(text), autoescape=True),
                    c.name.icontains(text.strip(), autoescape=True),
                )
            )
            .order_by(c.id)
            .limit(limit)
        )
        return tuple(await self._database.read(partial(_fetched, question=question)))

    async def count(self) -> dict[Consent, int]:
        """How many subscribers stand in each consent; every consent is there."""
        question = select(subscribers.c.consent, func.count()).group_by(subscribers.c.consent)

        def answer(connection: Connection) -> dict[Consent, int]:
            found = {Consent(consent): number for consent, number in connection.execute(question)}
            return {consent: found.get(consent, 0) for consent in Consent}

        return await self._database.read(answer)

    async def stream(self, consent: Consent | None = None) -> AsyncIterator[Subscriber]:
        """All subscribers (of one consent) in the order they were added, a thousand in memory at a time."""
        last = 0
        while True:
            question = (
                select(subscribers).where(subscribers.c.id > last).order_by(subscribers.c.id).limit(CHUNK)
            )
            if consent is not None:
                question = question.where(subscribers.c.consent == consent)
            page = await self._database.read(partial(_fetched, question=question))
            for subscriber in page:
                yield subscriber
            if len(page) < CHUNK:
                return
            last = page[-1].id

    async def exported(self) -> AsyncIterator[Sequence[Exported]]:
        """All subscribers as plain values, ten thousand at a time: an object for each would cost more than to read them.

        Each is email, name, language, topics (slugs, with spaces between them), confirmed, consent, created, proof.
        """
        c, last = subscribers.c, 0
        confirmed, created = (type_coerce(time, BigInteger) for time in (c.confirmed, c.created))
        topics = type_coerce(c.topics, Text)
        values = select(c.id, c.email, c.name, c.language, topics, confirmed, c.consent, created, c.proof)
        while True:
            question = values.where(c.id > last).order_by(c.id).limit(PAGE)
            page = await self._database.read(partial(_plain, question=question))
            yield [
                (email, name, language, topics, _time(confirmed), consent, _time(created), proof)
                for _, email, name, language, topics, confirmed, consent, created, proof in page
            ]
            if len(page) < PAGE:
                return
            last = page[-1].id


def _plain(connection: Connection, question: Select[Any]) -> Sequence[Any]:
    return connection.execute(question).all()


@lru_cache  # imported ones have one time
def _time(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)


def _fetched(connection: Connection, question: Select[Any]) -> list[Subscriber]:
    return list(map(subscriber, connection.execute(question)))


def subscriber(row: Any) -> Subscriber:
    """A row of the table."""
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
