"""Asking to subscribe, and confirming it: the request, the subscriber who waits, and the mail that asks back, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, not_, select, update

from syndication.domain.delivery import MailingKind, State
from syndication.domain.frozen import HeaderFacts
from syndication.domain.subscriber import Consent, NewSubscriber, Subscriber
from syndication.domain.variant import Variant
from syndication.store.columns import canonical
from syndication.store.engine import Database, lock
from syndication.store.subscribers.subscribers import subscriber
from syndication.store.subscribers.suppression import complained
from syndication.store.tables.sending import batches, deliveries, lanes, mailings, tallies, variants
from syndication.store.tables.subscribers import erased, requests, subscribers

__all__ = ["Answer", "Confirmations", "SignupLimits", "SignupRequest"]


@dataclass(frozen=True, slots=True)
class SignupLimits:
    """How often may be asked: for one subscriber, and from one network."""

    subscriber: int  # in a day
    apart: timedelta  # at least, for one subscriber
    network: int  # in an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupRequest:
    """A request of the form. `marks` are the mailbox's, the signing key's first; `network` is the mark of where it came from."""

    new: NewSubscriber
    key: str  # the subscriber's random key, if this is a new one
    marks: Sequence[str]
    network: str
    at: datetime
    mailing: str
    headers: HeaderFacts
    variant: Variant
    lane: str
    token_key: str


class Answer(StrEnum):
    """What became of a request; whoever asked is told the last alone."""

    MAILED = "mailed"
    NOTHING = "nothing"  # confirmed already, complained once, or asked a moment ago
    TOO_MANY = "too many"  # from this network


class Confirmations:
    """Double opt-in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, asked: SignupRequest, limits: SignupLimits) -> Answer:
        """Queue the mail that asks back, to whoever is not confirmed and has not complained. A subscriber's state changes by nothing but an answer."""
        return await self._database.write_together(lambda connection: _ask(connection, asked, limits))

    async def asked_at(self, marks: Sequence[str]) -> datetime | None:
        """When the form was last used with an address."""
        question = select(func.max(requests.c.at)).where(requests.c.reader.in_(marks))
        return await self._database.read(lambda connection: connection.execute(question).scalar())

    async def confirm(
        self, subscriber: Subscriber, proof: str, marks: Sequence[str], *, at: datetime
    ) -> bool:
        """Take a subscriber's yes, durably. It lifts what kept the address away, but for a complaint. False for who is confirmed, complained, or is gone."""
        c = subscribers.c
        free = (Consent.PENDING, Consent.UNSUBSCRIBED, Consent.BOUNCED)
        yes = (
            update(subscribers)
            .where(c.id == subscriber.id, c.consent.in_(free))
            .values(consent=Consent.CONFIRMED, confirmed=at, left=None, suppressed=None, proof=proof)
        )

        def change(connection: Connection) -> bool:
            lock(connection, "subscribers")
            taken = connection.execute(yes).rowcount > 0
            if taken:
                connection.execute(delete(erased).where(erased.c.mark.in_(marks), not_(erased.c.complained)))
            return taken

        return await self._database.write_together(change)

    async def open(self) -> tuple[str, ...]:
        """The confirmations' mailings with rows that wait, are held or are unknown."""
        c = deliveries.c
        still = (State.QUEUED, State.DEFERRED, State.CLAIMED, State.DOTTING, State.UNKNOWN)
        rows = select(c.mailing).where(c.mailing == mailings.c.id, c.state.in_(still)).exists()
        question = (
            select(mailings.c.id)
            .where(mailings.c.kind == MailingKind.CONFIRMATION, rows)
            .order_by(mailings.c.date)
        )
        return await self._database.read(lambda connection: tuple(connection.execute(question).scalars()))

    async def sweep(self, *, before: datetime) -> Sequence[str]:
        """Forget requests, mailings and subscribers who never answered, all from before then; gives the mailings."""

        def change(connection: Connection) -> Sequence[str]:
            c = subscribers.c
            connection.execute(
                delete(subscribers).where(c.consent == Consent.PENDING, c.created < before, c.proof == "")
            )
            connection.execute(delete(requests).where(requests.c.at < before))
            old = select(mailings.c.id).where(
                mailings.c.kind == MailingKind.CONFIRMATION, mailings.c.date < before
            )
            gone = connection.execute(old).scalars().all()
            for mailing in gone:
                for table in (deliveries, batches, lanes, variants, tallies):
                    connection.execute(delete(table).where(table.c.mailing == mailing))
                connection.execute(delete(mailings).where(mailings.c.id == mailing))
            return gone

        return await self._database.write(change)


def _ask(connection: Connection, asked: SignupRequest, limits: SignupLimits) -> Answer:
    lock(connection, "subscribers")
    r, at = requests.c, asked.at
    number = select(func.count()).select_from(requests)
    from_there = number.where(r.network == asked.network, r.at > at - timedelta(hours=1))
    if connection.execute(from_there).scalar_one() >= limits.network:
        return Answer.TOO_MANY
    mine = number.where(r.reader.in_(asked.marks))
    today = connection.execute(mine.where(r.at > at - timedelta(days=1))).scalar_one()
    lately = connection.execute(mine.where(r.at > at - limits.apart)).scalar_one()
    refused = lately or today >= limits.subscriber or complained(connection, asked.new.email, asked.marks)
    subscriber = None if refused else _subscriber(connection, asked)
    if subscriber is None or subscriber.consent in {Consent.CONFIRMED, Consent.COMPLAINED}:
        # Not under the subscriber's mark: who asks all the time for somebody else's address would keep its owner out.
        connection.execute(insert(requests).values(at=at, reader="", network=asked.network))
        return Answer.NOTHING
    connection.execute(insert(requests).values(at=at, reader=asked.marks[0], network=asked.network))
    _mailing(connection, asked)
    _queue(connection, asked, subscriber)
    return Answer.MAILED


def _subscriber(connection: Connection, asked: SignupRequest) -> Subscriber:
    """The subscriber with the address, made when there is none. A stranger changes no row of somebody who has ever answered."""
    address = canonical(asked.new.email)
    question = select(subscribers).where(subscribers.c.canonical == address)
    row = connection.execute(question).first()
    if row is None:
        connection.execute(
            insert(subscribers).values(
                email=asked.new.email,
                canonical=address,
                domain=address.rpartition("@")[2],
                key=asked.key,
                consent=Consent.PENDING,
                language=asked.new.language,
                topics=asked.new.topics,
                created=asked.at,
            )
        )
        row = connection.execute(question).one()
    elif row.consent == Consent.PENDING:  # its seven days begin anew
        of = update(subscribers).where(subscribers.c.id == row.id)
        connection.execute(of.values(created=asked.at, language=asked.new.language))
    return subscriber(row)


def _mailing(connection: Connection, asked: SignupRequest) -> None:
    """The mailing with its variant and lane, made by the first who needs them."""
    m, mailing = mailings.c, asked.mailing
    if connection.execute(select(m.id).where(m.id == mailing)).first() is None:
        date = asked.at.replace(microsecond=0)
        connection.execute(
            insert(mailings).values(
                id=mailing,
                kind=MailingKind.CONFIRMATION,
                date=date,
                headers=asked.headers.document(),
                approved=asked.at,
            )
        )
        variant = asked.variant
        connection.execute(
            insert(variants).values(
                mailing=mailing,
                language=variant.language,
                subject=variant.subject,
                html=variant.html,
                text=variant.text,
                topics=(),
                common=True,
            )
        )
    n = lanes.c
    served = select(n.lane).where(n.mailing == mailing, n.lane == asked.lane)
    if connection.execute(served).first() is None:
        connection.execute(insert(lanes).values(mailing=mailing, lane=asked.lane))


def _queue(connection: Connection, asked: SignupRequest, subscriber: Subscriber) -> None:
    connection.execute(
        insert(deliveries).values(
            mailing=asked.mailing,
            subscriber=subscriber.id,
            serial=0,
            email=subscriber.email,
            language=asked.variant.language,
            topics=(),
            key=subscriber.key,
            token_key=asked.token_key,
            lane=asked.lane,
            state=State.QUEUED,
            due=asked.at,
        )
    )
