"""What subscribers do by the key in their links: unsubscribe, choose preferences, pause, be erased. For the list see `subscribers.py`."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from syndication.domain.delivery import MailingKind, Stage, State
from syndication.domain.subscriber import Consent, Preferences, Subscriber
from syndication.store.engine import lock
from syndication.store.repository import Repository, reads, writes, writes_together
from syndication.store.subscribers.subscribers import subscriber
from syndication.store.tables.sending import deliveries, mailings
from syndication.store.tables.subscribers import erased, subscribers


class Consents(Repository):
    """Subscribers, by their random keys."""

    @reads
    def subscriber(self, connection: Connection, key: str) -> Subscriber | None:
        """Return the subscriber with this key; None for one who was erased, or never confirmed in time."""
        row = connection.execute(select(subscribers).where(subscribers.c.key == key)).first()
        return subscriber(row) if row else None

    @writes_together
    def unsubscribe(self, connection: Connection, key: str, *, at: datetime) -> bool:
        """Unsubscribe by a link, durably (`Subscribers.remove` does it for the operator, `record_event` by mail). Return False when the subscriber had left already, or is unknown: both are normal."""
        lock(connection, "subscribers")
        c = subscribers.c
        change = (
            update(subscribers)
            .where(c.key == key, c.consent.in_((Consent.PENDING, Consent.CONFIRMED)))
            .values(consent=Consent.UNSUBSCRIBED, left=at)
        )
        return connection.execute(change).rowcount > 0

    @writes_together
    def choose(self, connection: Connection, key: str, choice: Preferences, *, at: datetime) -> bool:
        """Store a confirmed subscriber's preferences; a pause cancels what is queued. Return False when the subscriber is not confirmed."""
        lock(connection, "subscribers")
        c = subscribers.c
        change = (
            update(subscribers)
            .where(c.key == key, c.consent == Consent.CONFIRMED)
            .values(topics=choice.topics, language=choice.language, paused=choice.paused)
            .returning(c.id)
        )
        subscriber = connection.execute(change).scalar()
        if subscriber is not None and choice.paused is not None and choice.paused > at:
            _cancel_queued(connection, subscriber, at)
        return subscriber is not None

    @writes
    def erase(self, connection: Connection, subscriber: Subscriber, hashed: str, *, at: datetime) -> None:
        """Delete the subscriber. Counts remain, and `hashed`, the keyed hash of the mailbox, by which an import refuses the address.

        In the ledger the name, the address and the server's words (which may quote it) are blanked; what waits or is claimed is not sent.
        """
        lock(connection, "subscribers")
        _scrub(connection, subscriber.id, at)
        gone = delete(subscribers).where(subscribers.c.id == subscriber.id).returning(subscribers.c.consent)
        complained = connection.execute(gone).scalar() == Consent.COMPLAINED
        before = delete(erased).where(erased.c.mark == hashed).returning(erased.c.complained)
        # A complaint of this subscriber, or of another address of the mailbox.
        complained |= bool(connection.execute(before).scalar())
        connection.execute(insert(erased).values(mark=hashed, at=at, complained=complained))


def _cancel_queued(connection: Connection, subscriber: int, at: datetime) -> None:
    """Settle the waiting rows of a subscriber who pauses, by the primary key of each mailing that has waiting rows."""
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
    """Blank a subscriber's rows. A dotting row stays in its batch, so that its result can be written."""
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
