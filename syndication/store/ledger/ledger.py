"""The ledger of deliveries: who got which mail, and what is still to send. Start here for everything about delivery rows.

Every change is a compare-and-set on the batch's token and the row's state: a row that was not won belongs to another process. When
the ledger cannot be written it raises StoreError, and then no mail goes out.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_, update

from syndication.domain.delivery import (
    Batch,
    Counts,
    DeliveryLine,
    Recipient,
    Settled,
    Stage,
    State,
)
from syndication.domain.limits import Grant, Judge, Meter, Plan, Wait
from syndication.store.engine import Database
from syndication.store.group import GroupCommit
from syndication.store.ledger import claims, counts, meters, recovery
from syndication.store.ledger.sqlite_steps import Contested, SqliteSteps
from syndication.store.ledger.steps import Step, apply_steps, kept
from syndication.store.repository import Repository, reads, writes
from syndication.store.tables.sending import batches, deliveries, mailings

PAGE = 1000


class DeliveryLedger(Repository):
    """The delivery rows of all mailings."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._sqlite_steps = SqliteSteps() if database.sqlite else None
        self._steps: GroupCommit[Step, bool] = GroupCommit(self._commit, keep=kept)

    async def claim(
        self, mailing: str, owner: str, token: str, *, now: datetime, lease: float, plan: Plan
    ) -> Batch | Wait:
        """Lease the due rows that `plan` grants for `lease` seconds, or return until when nothing may be sent.

        `plan` is called with the meters locked, and what it grants is charged to them in the same transaction. `owner` is "host/run", or
        "host/run/number" for one process; `token` is new for every claim. Lanes take turns by mails. Subscribers who have left since the
        freeze are settled as failed at stage `consent`. Every step renews the lease.

        Raises StoreError when the disk is nearly full, before a mail of the batch is on its way.
        """
        self._database.check_room()
        return await self._database.write(
            lambda connection: claims.claim(
                connection, mailing, owner, token, now=now, lease=lease, plan=plan
            )
        )

    async def step(
        self, batch: Batch, done: Settled | None, mark: Recipient | None, *, now: datetime
    ) -> bool:
        """Settle a connection's last row and mark its next as dotting, durably, in one commit with the other connections' steps, and
        with what the refusal in `done` means for its subscriber.

        Return whether both were won: only then may the body of `mark` be written. When the result is not won the mark is not made
        either: another owner has the batch. Raises StoreError when nothing was written.
        """
        return await self._steps.join(Step(batch, done, mark, now))

    @reads
    def look(self, connection: Connection, mailing: str, *, now: datetime, plan: Plan) -> Grant | Wait:
        """Return what a claim would be granted now, without claiming it."""
        return plan(claims.situation(connection, mailing, now))

    @writes
    def finish(self, connection: Connection, batch: Batch, judge: Judge | None = None) -> None:
        """Give back what is still claimed, to the meters too, and store the meters that `judge` returns.

        Dotting rows stay so until `recover` makes them unknown.
        """
        claims.finish(connection, batch, judge)

    @reads
    def meters(self, connection: Connection) -> dict[str, Meter]:
        """Return the meters of lanes and servers, by name."""
        return meters.every(connection)

    @reads
    def waiting(self, connection: Connection, mailing: str, *, now: datetime) -> dict[str, int]:
        """Return the lanes that have waiting rows, with the number of due ones in each."""
        return claims.waiting(connection, mailing, now)

    @reads
    def mailings_at_work(self, connection: Connection) -> Sequence[str]:
        """Return the mailings with batches, whether or not the batches' owners are alive."""
        return claims.mailings_at_work(connection)

    @writes
    def recover(self, connection: Connection, mailing: str, *, now: datetime, dead: str, resend: bool) -> int:
        """Queue the claimed rows of dead owners again; their dotting rows too with `resend`, otherwise those become unknown.

        The caller holds the mailing's lock and knows that the owner `dead` is dead, with all below it: "host" means every run there,
        "host/run/2" one process. Other owners are dead when their lease has run out. Return how many rows were left in doubt.
        """
        return recovery.recover(connection, mailing, now=now, dead=dead, resend=resend)

    @writes
    def resend(
        self, connection: Connection, mailing: str, *, now: datetime, when: recovery.ResendAt
    ) -> datetime | None:
        """Queue unknown rows again at the time that `when` gives for them (how often in doubt, since when); return the next such time."""
        return recovery.resend(connection, mailing, now=now, when=when)

    @writes
    def retry_failed(self, connection: Connection, mailing: str, *, now: datetime) -> int:
        """Queue failed rows again, except for dead addresses (5.1.x), impossible addresses, and subscribers who had left.

        A row that was given up may be deferred for four more days. Return how many rows were queued.
        """
        return recovery.retry_failed(connection, mailing, now=now)

    @writes
    def resend_unknown(self, connection: Connection, mailing: str, *, now: datetime) -> int:
        """Queue every unknown row again, however often it was in doubt. Return how many."""
        return recovery.resend_unknown(connection, mailing, now=now)

    @writes
    def fold(self, connection: Connection, *, before: datetime, limit: int = 2_000) -> int:
        """Turn up to `limit` rows settled before `before` into counts, in one short transaction. Return how many; 0 when none is left.

        Mailings in which a row waits or is held are left alone. Folding deletes who got which mail, and every address in it.
        """
        return counts.fold(connection, before=before, limit=limit)

    @writes
    def hold(self, connection: Connection, mailing: str, *, now: datetime) -> bool:
        """Stop a mailing in every process. Return False when it was held before; the first time is kept.

        Claims ask `is_sendable` in their own transaction, and rows that are claimed already wait again, so their owners can no longer mark them as dotting. Dotting rows are settled as usual.
        """
        meters.guard(connection)
        c = mailings.c
        change = update(mailings).where(c.id == mailing, c.held.is_(None)).values(held=now)
        changed = connection.execute(change).rowcount > 0
        query = select(batches).where(batches.c.mailing == mailing).order_by(batches.c.id)
        for batch in connection.execute(query.with_for_update()).all():
            meters.give_back(connection, batch)
        return changed

    @writes
    def resume(self, connection: Connection, mailing: str) -> bool:
        """End a hold. Return False when there was none."""
        change = update(mailings).where(mailings.c.id == mailing, mailings.c.held.is_not(None))
        return connection.execute(change.values(held=None)).rowcount > 0

    @reads
    def is_sendable(self, connection: Connection, mailing: str) -> bool:
        """Return whether a mailing may be sent: it is approved and not held."""
        return claims.is_sendable(connection, mailing)

    @reads
    def batch(self, connection: Connection, number: int) -> Batch | None:
        """Return a batch with the rows that are still claimed under its token, None when it has ended."""
        return claims.claimed_batch(connection, number)

    @reads
    def due(self, connection: Connection, mailing: str, *, now: datetime, limit: int) -> int:
        """Count the due rows, up to `limit`."""
        return claims.due(connection, mailing, now, limit)

    @reads
    def next_due(
        self, connection: Connection, mailing: str, after: datetime | None = None
    ) -> datetime | None:
        """Return when the next waiting row is due (maybe in the past, but later than `after`) or a lease runs out; None for neither."""
        return claims.next_due(connection, mailing, after)

    @reads
    def counts(self, connection: Connection, mailing: str) -> Counts:
        """Count a mailing's rows by state. This reads every row: about a second for a million."""
        return counts.counts(connection, mailing)

    async def rows(
        self, mailing: str, states: Collection[State] = tuple(State), *, doubtful: bool = False
    ) -> AsyncIterator[DeliveryLine]:
        """Yield the rows in one of `states`, in the order of the subscribers; with `doubtful` only those that were ever unknown."""
        c = deliveries.c
        query = (
            select(deliveries)
            .where(c.mailing == mailing, c.state.in_(list(states)))
            .order_by(c.subscriber, c.serial)
            .limit(PAGE)
        )
        if doubtful:
            query = query.where(c.unknowns > 0)
        last: tuple[int, int] | None = None
        while True:
            page = await self._fetch(_after(query, last))
            for row in page:
                yield _line(row)
            if len(page) < PAGE:
                return
            last = (page[-1].subscriber, page[-1].serial)

    async def recipients(self, mailing: str, *, limit: int | None = None) -> AsyncIterator[Recipient]:
        """Yield the planned recipients, at most `limit`, in the order of their rows and whatever their state."""
        c = deliveries.c
        query = select(deliveries).where(c.mailing == mailing).order_by(c.subscriber, c.serial)
        last: tuple[int, int] | None = None
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = await self._fetch(_after(query, last).limit(size))
            for row in page:
                yield claims.recipient_of(row)
            if len(page) < size:
                return
            left = None if left is None else left - size
            last = (page[-1].subscriber, page[-1].serial)

    @reads
    def recipient(self, connection: Connection, mailing: str, subscriber: int) -> Recipient | None:
        """Return one subscriber's planned row, None when the mailing has none."""
        c = deliveries.c
        query = select(deliveries).where(c.mailing == mailing, c.subscriber == subscriber).limit(1)
        row = connection.execute(query).first()
        return claims.recipient_of(row) if row else None

    async def close(self) -> None:
        """Wait until the running commit has ended."""
        await self._steps.drained()

    async def _commit(self, steps: Sequence[Step]) -> Sequence[bool]:
        sqlite_steps = self._sqlite_steps
        if sqlite_steps is not None and not any(step.refused for step in steps):
            try:
                await self._database.write_small(lambda connection: sqlite_steps.apply(connection, steps))
            except Contested:
                pass  # some step lost: find out below which
            else:
                return [True] * len(steps)
        return await self._database.write(lambda connection: apply_steps(connection, steps))

    @reads
    def _fetch(self, connection: Connection, query: Select[Any]) -> Sequence[Any]:
        return connection.execute(query).all()


def _after(query: Select[Any], last: tuple[int, int] | None) -> Select[Any]:
    if last is None:
        return query
    c = deliveries.c
    return query.where(tuple_(c.subscriber, c.serial) > last)


def _line(row: Any) -> DeliveryLine:
    state = State(row.state)
    at = {State.CLAIMED: row.claimed, State.DOTTING: row.dotted, State.QUEUED: row.settled or row.due}
    return DeliveryLine(
        email=row.email,
        state=state,
        attempts=row.attempts,
        unknowns=row.unknowns,
        stage=Stage(row.stage) if row.stage else None,
        code=row.code,
        text=row.reply,
        server=row.server,
        at=at.get(state) or row.settled,
        due=row.due,
        first_deferred=row.first_deferred,
    )
