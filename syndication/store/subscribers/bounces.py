"""What came back: each message is taken once, and what follows for its subscriber is decided and kept in the same transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from syndication.domain.bounce import BounceKind, ConsentState, Event, Happened, Rule, decide
from syndication.domain.subscriber import Consent
from syndication.store.engine import Database, lock
from syndication.store.subscribers.suppression import keep_away
from syndication.store.tables.bounces import bounces, intake
from syndication.store.tables.subscribers import subscribers

__all__ = ["REMEMBERED", "BounceEvents", "decided"]

REMEMBERED = timedelta(days=90)  # how long a message is known as taken
WORDS = 500  # characters kept of a server's words


class BounceEvents:
    """The events of subscribers, and the messages they came with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(
        self, digest: str, result: str, happened: Happened | None, rule: Rule, *, now: datetime
    ) -> tuple[bool, Event | None]:
        """Take the message with this `digest` as a `result`, and what it says about a subscriber.

        Whether it is a new one, and what was decided, durably; None for one that says nothing new about a subscriber we have.
        """

        def change(connection: Connection) -> tuple[bool, Event | None]:
            lock(connection, "subscribers")
            connection.execute(delete(intake).where(intake.c.at < now - REMEMBERED))
            if connection.execute(select(intake.c.at).where(intake.c.digest == digest)).first():
                return False, None
            connection.execute(insert(intake).values(digest=digest, at=now, result=result))
            return True, decided(connection, happened, rule, now) if happened else None

        return await self._database.write(change)

    async def of(self, subscriber: int) -> tuple[Event, ...]:
        """A subscriber's events, the latest first."""
        question = select(bounces).where(bounces.c.subscriber == subscriber).order_by(bounces.c.id.desc())
        return await self._database.read(lambda connection: tuple(map(_event, connection.execute(question))))

    async def taken(self) -> dict[str, int]:
        """How many messages came in during the last 90 days, by result."""
        question = select(intake.c.result, func.count()).group_by(intake.c.result).order_by(intake.c.result)

        def answer(connection: Connection) -> dict[str, int]:
            return {result: number for result, number in connection.execute(question)}  # noqa: C416 - rows, not pairs

        return await self._database.read(answer)


def decided(connection: Connection, happened: Happened, rule: Rule, now: datetime) -> Event | None:
    """Decide, and keep the decision with its consequence; None for what is known already. The caller holds the lock `subscribers`."""
    c, finding = subscribers.c, happened.finding
    row = connection.execute(_SUBSCRIBER, {"key": happened.key}).first()
    if row is None:
        return None
    if _known(connection, row.id, happened):
        return None
    soft = _soft(connection, row.id, row.confirmed) if finding.kind is BounceKind.SOFT else ()
    decision = decide(happened, ConsentState(Consent(row.consent), row.confirmed, soft), rule, now)
    others: list[int] = []
    if decision.consent is Consent.UNSUBSCRIBED:
        connection.execute(
            update(subscribers).where(c.id == row.id).values(consent=decision.consent, left=now)
        )
    elif decision.consent is not None:
        others = keep_away(connection, row.id, decision.consent, now)
    event = Event(
        at=now,
        sent=happened.sent,
        kind=finding.kind,
        status=finding.status,
        words=finding.words[:WORDS],
        source=happened.source,
        score=decision.score,
        why=decision.why,
    )
    connection.execute(_EVENT, {"subscriber": row.id, **_row(event)})
    for other in others:
        if _known(connection, other, happened):
            continue
        said = replace(event, words="", why="complained: another address of the same mailbox did")
        connection.execute(_EVENT, {"subscriber": other, **_row(said)})
    return event


def _known(connection: Connection, subscriber: int, happened: Happened) -> bool:
    """Whether the mail has had its say of this kind about a subscriber."""
    same = {"subscriber": subscriber, "kind": happened.finding.kind, "sent": happened.sent}
    return connection.execute(_SAME, same).first() is not None


def _soft(connection: Connection, subscriber: int, confirmed: datetime | None) -> Sequence[datetime]:
    """When the mails were sent whose soft bounces count: none from before the subscriber's latest yes."""
    b = bounces.c
    counted = select(b.sent).where(b.subscriber == subscriber, b.kind == BounceKind.SOFT, b.score > 0)
    if confirmed is not None:
        counted = counted.where(b.sent >= confirmed - timedelta(seconds=1))
    return connection.execute(counted).scalars().all()


# Made once: a refusal while sending would pay for them as much as for what they do.
_SUBSCRIBER = select(subscribers.c.id, subscribers.c.consent, subscribers.c.confirmed).where(
    subscribers.c.key == bindparam("key")
)
_SAME = select(bounces.c.id).where(
    bounces.c.subscriber == bindparam("subscriber"),
    bounces.c.kind == bindparam("kind"),
    bounces.c.sent == bindparam("sent"),
)
_EVENT = insert(bounces)
_COLUMNS = ("at", "sent", "kind", "status", "words", "source", "score", "why")


def _row(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _COLUMNS}


def _event(row: Any) -> Event:
    return Event(**{name: getattr(row, name) for name in _COLUMNS} | {"kind": BounceKind(row.kind)})
