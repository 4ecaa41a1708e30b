"""Double opt-in: a request of the sign-up form stores the request, the pending subscriber and the confirmation mail in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, not_, select, update

from syndication.domain.delivery import MailingKind, State
from syndication.domain.frozen import HeaderFacts
from syndication.domain.subscriber import Consent, NewSubscriber, Subscriber, same_address
from syndication.domain.variant import Variant
from syndication.store.engine import lock
from syndication.store.repository import Repository, reads, writes, writes_together
from syndication.store.subscribers.subscribers import subscriber
from syndication.store.subscribers.suppression import complained
from syndication.store.tables.sending import batches, deliveries, lanes, mailings, tallies, variants
from syndication.store.tables.subscribers import erased, requests, subscribers

BLOCK = "block "  # prefix in `requests.network` of a row that counts a block of networks


@dataclass(frozen=True, slots=True)
class SignupLimits:
    """How many requests are allowed for one mailbox, from one network, and in all."""

    subscriber: int  # in a day
    apart: timedelta  # the least time between two, for one subscriber
    network: int  # in an hour
    block: int  # in an hour, from the block of networks that one customer may have
    site: int  # mails in an hour; 0: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupRequest:
    """A request of the sign-up form. `hashes` are keyed hashes of the mailbox, the signing key's first; `network` is a keyed hash of the network.

    `spellings` are hashes of the mailbox as its provider folds it, `block` is one of its block of networks. Both may be empty.
    """

    new: NewSubscriber
    key: str  # the random key for a new subscriber
    hashes: Sequence[str]
    spellings: Sequence[str] = ()
    network: str
    block: str = ""
    at: datetime
    mailing: str
    headers: HeaderFacts
    variant: Variant
    lane: str
    token_key: str


class Answer(StrEnum):
    """The outcome of a request. Only the last is shown on the form."""

    MAILED = "mailed"
    NOTHING = "nothing"  # confirmed already, complained once, or asked a moment ago
    TOO_MANY = "too many"  # from this network, or in all


class Confirmations(Repository):
    """Double opt-in."""

    @writes_together
    def ask(self, connection: Connection, request: SignupRequest, limits: SignupLimits) -> Answer:
        """Queue the confirmation mail, unless the subscriber is confirmed or has complained.

        The request alone changes no consent: only the subscriber's answer does.
        """
        lock(connection, "subscribers")
        r, at = requests.c, request.at
        number = select(func.count()).select_from(requests)
        hour = r.at > at - timedelta(hours=1)
        for network, most in ((request.network, limits.network), (request.block, limits.block)):
            if network and connection.execute(number.where(r.network == network, hour)).scalar_one() >= most:
                return Answer.TOO_MANY
        if limits.site and _mailed(connection, at) >= limits.site:
            return Answer.TOO_MANY
        mine = number.where(r.reader.in_(request.spellings or request.hashes))
        today = connection.execute(mine.where(r.at > at - timedelta(days=1))).scalar_one()
        lately = connection.execute(mine.where(r.at > at - limits.apart)).scalar_one()
        refused = (
            lately or today >= limits.subscriber or complained(connection, request.new.email, request.hashes)
        )
        subscriber = None if refused else _subscriber(connection, request)
        if subscriber is None or subscriber.consent in {Consent.CONFIRMED, Consent.COMPLAINED}:
            # Without the subscriber's hash: else a stranger who keeps asking for an address could lock its owner out.
            _count(connection, request)
            return Answer.NOTHING
        _count(connection, request, request.hashes[0], *request.spellings[:1])
        _mailing(connection, request)
        _queue(connection, request, subscriber)
        return Answer.MAILED

    @reads
    def mailed(self, connection: Connection, *, at: datetime) -> int:
        """Return how many confirmations were queued in the hour before `at`."""
        return _mailed(connection, at)

    @reads
    def asked_at(self, connection: Connection, hashes: Sequence[str]) -> datetime | None:
        """Return when the form was last used with an address, given its mailbox's hashes."""
        query = select(func.max(requests.c.at)).where(requests.c.reader.in_(hashes))
        return connection.execute(query).scalar()

    @writes_together
    def confirm(
        self,
        connection: Connection,
        subscriber: Subscriber,
        proof: str,
        hashes: Sequence[str],
        *,
        at: datetime,
    ) -> bool:
        """Confirm a subscriber, durably, and lift the suppression of the mailbox, unless there was a complaint.

        Return False for a subscriber who is confirmed already, has complained, or is gone.
        """
        c = subscribers.c
        free = (Consent.PENDING, Consent.UNSUBSCRIBED, Consent.BOUNCED)
        lock(connection, "subscribers")
        confirmed = connection.execute(
            update(subscribers)
            .where(c.id == subscriber.id, c.consent.in_(free))
            .values(consent=Consent.CONFIRMED, confirmed=at, left=None, suppressed=None, proof=proof)
        )
        if not confirmed.rowcount:
            return False
        connection.execute(delete(erased).where(erased.c.mark.in_(hashes), not_(erased.c.complained)))
        return True

    @reads
    def open(self, connection: Connection) -> tuple[str, ...]:
        """Return the confirmation mailings with rows that wait, are held or are unknown."""
        c = deliveries.c
        still = (State.QUEUED, State.DEFERRED, State.CLAIMED, State.DOTTING, State.UNKNOWN)
        rows = select(c.mailing).where(c.mailing == mailings.c.id, c.state.in_(still)).exists()
        query = (
            select(mailings.c.id)
            .where(mailings.c.kind == MailingKind.CONFIRMATION, rows)
            .order_by(mailings.c.date)
        )
        return tuple(connection.execute(query).scalars())

    @writes
    def sweep(self, connection: Connection, *, before: datetime) -> Sequence[str]:
        """Delete requests, confirmation mailings, and subscribers who never answered, all from before `before`; return the mailings."""
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


def _mailed(connection: Connection, at: datetime) -> int:
    r = requests.c
    recent = (
        r.at > at - timedelta(hours=1),
        r.reader != "",
        r.network != "",
        not_(r.network.startswith(BLOCK)),
    )
    return connection.execute(select(func.count()).select_from(requests).where(*recent)).scalar_one()


def _count(connection: Connection, request: SignupRequest, mark: str = "", spelling: str = "") -> None:
    """Count a request, with a second row for the block of networks and the other spelling of the mailbox."""
    connection.execute(insert(requests).values(at=request.at, reader=mark, network=request.network))
    if request.block or spelling:
        connection.execute(insert(requests).values(at=request.at, reader=spelling, network=request.block))


def _subscriber(connection: Connection, request: SignupRequest) -> Subscriber:
    """Return the subscriber with the address, inserted if missing. The row of one who has ever answered is left as it is."""
    address = same_address(request.new.email)
    query = select(subscribers).where(subscribers.c.canonical == address)
    row = connection.execute(query).first()
    if row is None:
        connection.execute(
            insert(subscribers).values(
                email=request.new.email,
                canonical=address,
                domain=address.rpartition("@")[2],
                key=request.key,
                consent=Consent.PENDING,
                language=request.new.language,
                topics=request.new.topics,
                created=request.at,
            )
        )
        row = connection.execute(query).one()
    elif row.consent == Consent.PENDING:  # its seven days start again
        of = update(subscribers).where(subscribers.c.id == row.id)
        connection.execute(of.values(created=request.at, language=request.new.language))
    return subscriber(row)


def _mailing(connection: Connection, request: SignupRequest) -> None:
    """Insert the mailing, its variant and the lane, unless an earlier request has."""
    m, mailing = mailings.c, request.mailing
    if connection.execute(select(m.id).where(m.id == mailing)).first() is None:
        date = request.at.replace(microsecond=0)
        connection.execute(
            insert(mailings).values(
                id=mailing,
                kind=MailingKind.CONFIRMATION,
                date=date,
                headers=request.headers.document(),
                approved=request.at,
            )
        )
        variant = request.variant
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
    served = select(n.lane).where(n.mailing == mailing, n.lane == request.lane)
    if connection.execute(served).first() is None:
        connection.execute(insert(lanes).values(mailing=mailing, lane=request.lane))


def _queue(connection: Connection, request: SignupRequest, subscriber: Subscriber) -> None:
    connection.execute(
        insert(deliveries).values(
            mailing=request.mailing,
            subscriber=subscriber.id,
            serial=0,
            email=subscriber.email,
            language=request.variant.language,
            topics=(),
            key=subscriber.key,
            token_key=request.token_key,
            lane=request.lane,
            state=State.QUEUED,
            due=request.at,
        )
    )
