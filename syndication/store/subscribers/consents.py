"""What subscribers decide for themselves, by the key in their links: leave, choose, pause, be erased."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from syndication.domain.delivery import MailingKind, Stage, State
from syndication.domain.subscriber import Consent, Preferences, Subscriber
from syndication.store.engine import Database, lock
from syndication.store.subscribers.subscribers import subscriber
from syndication.store.tables.sending import deliveries, mailings
from syndication.store.tables.subscribers import erased, subscribers

__all__ = ["Consents"]


class Consents:
    """Subscribers by their random keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def subscriber(self, key: str) -> Subscriber | None:
        """None for a subscriber who was erased, or never confirmed in time."""
        question = select(subscribers).where(subscribers.c.key == key)

        def answer(connection: Connection) -> Subscriber | None:
            row = connection.execute(question).first()
            return subscriber(row) if row else None

        return await self._database.read(answer)

    async def leave(self, key: str, *, at: datetime) -> bool:
        """Unsubscribe, durably. False when the subscriber had left already, or is not known: that is no fault."""
        c = subscribers.c
        change = (
            update(subscribers)
            .where(c.key == key, c.consent.in_((Consent.PENDING, Consent.CONFIRMED)))
            .values(consent=Consent.UNSUBSCRIBED, left=at)
        )

        def left(connection: Connection) -> bool:
            lock(connection, "subscribers")
            return connection.execute(change).rowcount > 0

        return await self._database.write_together(left)

    async def choose(self, key: str, choice: Preferences, *, at: datetime) -> bool:
        """Keep a confirmed subscriber's choice; a pause takes back what is queued. False for anybody else."""
        c = subscribers.c
        change = (
            update(subscribers)
            .where(c.key == key, c.consent == Consent.CONFIRMED)
            .values(topics=choice.topics, language=choice.language, paused=choice.paused)
            .returning(c.id)
        )

        def keep(connection: Connection) -> bool:
            lock(connection, "subscribers")
            subscriber = connection.execute(change).scalar()
            if subscriber is not None and choice.paused is not None and choice.paused > at:
                _take_back(connection, subscriber, at)
            return subscriber is not None

        return await self._database.write_together(keep)

    async def erase(self, subscriber: Subscriber, mark: str, *, at: datetime) -> None:
        """Delete the subscriber; what stays is `mark`, by which an import knows not to bring the address back, whether there was a complaint, and counts.

        In the ledger the name, the address and the server's words (which may quote it) are blanked; what waits or is claimed will not go out.
        """

        def change(connection: Connection) -> None:
            lock(connection, "subscribers")
            _scrub(connection, subscriber.id, at)
            gone = (
                delete(subscribers).where(subscribers.c.id == subscriber.id).returning(subscribers.c.consent)
            )
            complained = connection.execute(gone).scalar() == Consent.COMPLAINED
            before = delete(erased).where(erased.c.mark == mark).returning(erased.c.complained)
            # Of this subscriber, or of another address of the mailbox.
            complained |= bool(connection.execute(before).scalar())
            connection.execute(insert(erased).values(mark=mark, at=at, complained=complained))

        await self._database.write(change)


def _take_back(connection: Connection, subscriber: int, at: datetime) -> None:
    """Settle what waits for a subscriber who pauses. Only mailings with waiting rows are asked, by the primary key."""
    c = deliveries.c
    waiting = (
        select(c.mailing)
        .where(c.mailing == mailings.c.id, c.due.is_not(None))
        .with_hint(deliveries, "INDEXED BY deliveries_waiting", "sqlite")
        .exists()
    )
    digests = select(mailings.c.id).where(mailings.c.kind == MailingKind.DIGEST, waiting)
    for mailing in connection.execute(digests).scalars().all():
        connection.execute(
            update(deliveries)
            .where(c.mailing == mailing, c.subscriber == subscriber, c.due.is_not(None))
            .values(
                state=State.FAILED,
                due=None,
                stage=Stage.CONSENT,
                code=0,
                reply="the subscriber pauses",
                settled=at,
            )
        )


def _scrub(connection: Connection, subscriber: int, at: datetime) -> None:
    """A row on the wire at this instant keeps its place in its batch, so that its result can be written."""
    c = deliveries.c
    for mailing in connection.execute(select(mailings.c.id)).scalars().all():
        rows = update(deliveries).where(c.mailing == mailing, c.subscriber == subscriber)
        stopped = rows.where(c.state.in_((State.QUEUED, State.DEFERRED, State.CLAIMED)))
        connection.execute(
            stopped.values(state=State.FAILED, due=None, batch=None, stage=Stage.CONSENT, code=0, settled=at)
        )
        connection.execute(
            rows.values(email="", name="", language="", topics=(), key="", since=None, reply="", server="")
        )
