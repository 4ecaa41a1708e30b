"""Bounces and complaints: each message is taken once, and what follows for its subscriber is stored in the same transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from syndication.domain.bounce import BounceKind, ConsentState, Event, Happened, Rule, decide
from syndication.domain.subscriber import Consent
from syndication.store.engine import lock
from syndication.store.repository import Repository, reads, writes
from syndication.store.subscribers.suppression import keep_away
from syndication.store.tables.subscribers import bounces, intake, subscribers

REMEMBERED = timedelta(days=90)  # how long a message is recognised as taken
WORDS = 500  # characters kept of a server's words


class BounceEvents(Repository):
    """The bounce events of subscribers, and the messages that brought them."""

    @writes
    def take(
        self,
        connection: Connection,
        digest: str,
        result: str,
        happened: Happened | None,
        rule: Rule,
        *,
        now: datetime,
    ) -> tuple[bool, Event | None]:
        """Take the message with this `digest`, its `result`, and what it reports about a subscriber.

        Return whether the message is new, and the recorded event; None when it reports nothing new about a subscriber of ours.
        """
        lock(connection, "subscribers")
        connection.execute(delete(intake).where(intake.c.at < now - REMEMBERED))
        if connection.execute(select(intake.c.at).where(intake.c.digest == digest)).first():
            return False, None
        connection.execute(insert(intake).values(digest=digest, at=now, result=result))
        return True, record_event(connection, happened, rule, now) if happened else None

    @reads
    def of(self, connection: Connection, subscriber: int) -> tuple[Event, ...]:
        """Return a subscriber's events, the latest first."""
        query = select(bounces).where(bounces.c.subscriber == subscriber).order_by(bounces.c.id.desc())
        return tuple(map(_event, connection.execute(query)))

    @reads
    def taken(self, connection: Connection) -> dict[str, int]:
        """Count the messages of the last 90 days, by result."""
        query = select(intake.c.result, func.count()).group_by(intake.c.result).order_by(intake.c.result)
        return {result: number for result, number in connection.execute(query)}  # noqa: C416 - rows, not pairs


def record_event(connection: Connection, happened: Happened, rule: Rule, now: datetime) -> Event | None:
    """Decide what an event means for its subscriber, and store the event with its consequence.

    Return None when the subscriber is unknown, or the event known already. The caller holds the lock `subscribers`.
    """
    c, finding = subscribers.c, happened.finding
    row = connection.execute(_SUBSCRIBER, {"key": happened.key}).first()
    if row is None or _known(connection, row.id, happened):
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
        copied = replace(event, words="", why="complained: another address of the same mailbox did")
        connection.execute(_EVENT, {"subscriber": other, **_row(copied)})
    return event


def _known(connection: Connection, subscriber: int, happened: Happened) -> bool:
    """Return whether an event of this kind is stored for this mail and subscriber."""
    same = {"subscriber": subscriber, "kind": happened.finding.kind, "sent": happened.sent}
    return connection.execute(_SAME, same).first() is not None


def _soft(connection: Connection, subscriber: int, confirmed: datetime | None) -> Sequence[datetime]:
    """Return when the mails with counted soft bounces were sent, none from before the subscriber's latest confirmation."""
    b = bounces.c
    counted = select(b.sent).where(b.subscriber == subscriber, b.kind == BounceKind.SOFT, b.score > 0)
    if confirmed is not None:
        counted = counted.where(b.sent >= confirmed - timedelta(seconds=1))
    return connection.execute(counted).scalars().all()


# Built once: for a refusal while sending, building them would cost as much as running them.
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
