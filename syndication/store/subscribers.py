"""The list of readers. An address stands once, whatever its letters' case; nobody who left is revived."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, or_, select, update

from syndication.domain.subscriber import Added, Consent, NewSubscriber, Subscriber
from syndication.store.engine import Database, lock
from syndication.store.tables import subscribers

__all__ = ["Subscribers", "canonical", "subscriber"]

CHUNK = 1000
_GONE = {
    Consent.UNSUBSCRIBED: Added.UNSUBSCRIBED,
    Consent.BOUNCED: Added.BOUNCED,
    Consent.COMPLAINED: Added.COMPLAINED,
}


class Subscribers:
    """Readers and their consent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, rows: Iterable[NewSubscriber], *, at: datetime, key: Callable[[], str]
    ) -> tuple[Added, ...]:
        """Add readers in one transaction and say what became of each row, in order. `key` makes a reader's random key.

        Adding again changes nothing, but that name, language and topics are taken over where given, and a confirmed row confirms a
        reader who was still pending. Who unsubscribed, bounced or complained is refused.
        """
        new = list(rows)

        def change(connection: Connection) -> tuple[Added, ...]:
            lock(connection, "subscribers")
            results: list[Added] = []
            for start in range(0, len(new), CHUNK):
                results.extend(_add(connection, new[start : start + CHUNK], at, key))
            return tuple(results)

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
        """The reader with this address, in any case of its letters."""
        question = select(subscribers).where(subscribers.c.canonical == canonical(email))

        def answer(connection: Connection) -> Subscriber | None:
            row = connection.execute(question).first()
            return subscriber(row) if row else None

        return await self._database.read(answer)

    async def search(self, text: str, *, limit: int) -> tuple[Subscriber, ...]:
        """Confirmed readers whose address or name holds `text`, in any case, in the order they were added."""
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
        """How many readers stand in each consent; every consent is there."""
        question = select(subscribers.c.consent, func.count()).group_by(subscribers.c.consent)

        def answer(connection: Connection) -> dict[Consent, int]:
            found = {Consent(consent): number for consent, number in connection.execute(question)}
            return {consent: found.get(consent, 0) for consent in Consent}

        return await self._database.read(answer)

    async def stream(self, consent: Consent | None = None) -> AsyncIterator[Subscriber]:
        """All readers (of one consent) in the order they were added, a thousand in memory at a time."""
        last = 0
        while True:
            question = (
                select(subscribers).where(subscribers.c.id > last).order_by(subscribers.c.id).limit(CHUNK)
            )
            if consent is not None:
                question = question.where(subscribers.c.consent == consent)
            page = await self._database.read(partial(_fetched, question=question))
            for reader in page:
                yield reader
            if len(page) < CHUNK:
                return
            last = page[-1].id


def canonical(email: str) -> str:
    """What makes two addresses one reader."""
    return email.strip().casefold()


def _fetched(connection: Connection, question: Select[Any]) -> list[Subscriber]:
    return list(map(subscriber, connection.execute(question)))


def _add(
    connection: Connection, rows: Sequence[NewSubscriber], at: datetime, key: Callable[[], str]
) -> Iterator[Added]:
    """Add one chunk; the rows of one address are taken one after the other."""
    addresses = [canonical(row.email) for row in rows]
    c = subscribers.c
    known = select(c.canonical, c.consent).where(c.canonical.in_(set(addresses)))
    consents = {address: Consent(consent) for address, consent in connection.execute(known)}
    added: dict[str, dict[str, Any]] = {}
    changes: list[dict[str, Any]] = []
    for address, row in zip(addresses, rows, strict=True):
        consent = consents.get(address)
        if consent in _GONE:
            yield _GONE[consent]
        elif consent is not None:
            changes.append(_change(address, row))
            yield Added.PRESENT
        else:
            consents[address] = Consent.CONFIRMED if row.confirmed else Consent.PENDING
            added[address] = _row(address, row, at, key())
            yield Added.ADDED
    if added:
        connection.execute(insert(subscribers), list(added.values()))
    if changes:
        _take_over(connection, changes)


def _row(address: str, row: NewSubscriber, at: datetime, key: str) -> dict[str, Any]:
    return {
        "email": row.email.strip(),
        "canonical": address,
        "domain": address.rpartition("@")[2],
        "key": key,
        "consent": Consent.CONFIRMED if row.confirmed else Consent.PENDING,
        "name": row.name,
        "language": row.language,
        "topics": row.topics,
        "created": at,
        "confirmed": row.confirmed,
        "proof": row.proof,
    }


def _change(address: str, row: NewSubscriber) -> dict[str, Any]:
    return {
        "of": address,
        "new_name": row.name,
        "new_language": row.language,
        "new_topics": row.topics,
        "new_confirmed": row.confirmed,
        "new_proof": row.proof,
    }


def _take_over(connection: Connection, changes: list[dict[str, Any]]) -> None:
    """What a row gives replaces what stood there; a proof only ever confirms who was pending."""
    c = subscribers.c
    for column in ("name", "language", "topics"):
        given = [change for change in changes if change[f"new_{column}"]]
        if given:
            new = bindparam(f"new_{column}", type_=c[column].type)
            connection.execute(
                update(subscribers)
                .where(c.canonical == bindparam("of"), c[column] != new)
                .values({column: new}),
                [{name: change[name] for name in ("of", f"new_{column}")} for change in given],
            )
    confirmed = [change for change in changes if change["new_confirmed"]]
    if confirmed:
        connection.execute(
            update(subscribers)
            .where(c.canonical == bindparam("of"), c.consent == Consent.PENDING)
            .values(
                consent=Consent.CONFIRMED,
                confirmed=bindparam("new_confirmed", type_=c.confirmed.type),
                proof=bindparam("new_proof", type_=c.proof.type),
            ),
            [{name: change[name] for name in ("of", "new_confirmed", "new_proof")} for change in confirmed],
        )


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
