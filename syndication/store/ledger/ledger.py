"""The ledger of deliveries: who has which mail, and what is still to do.

Every change is compare-and-set on the batch's token and the row's state: a row that was not won belongs to another process. A ledger
that cannot be written raises StoreError, and then no mail goes out.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, select, tuple_

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
from syndication.store.ledger import claims, counts, hold, meters, recovery
from syndication.store.ledger.sqlite_steps import Contested, SqliteSteps
from syndication.store.ledger.steps import Step, kept, take
from syndication.store.tables.sending import deliveries

__all__ = ["DeliveryLedger"]

PAGE = 1000


class DeliveryLedger:
    """The rows of all mailings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = SqliteSteps() if database.sqlite else None
        self._steps: GroupCommit[Step, bool] = GroupCommit(self._commit, keep=kept)

    async def claim(
        self, mailing: str, owner: str, token: str, *, now: datetime, lease: float, plan: Plan
    ) -> Batch | Wait:
        """Lease for `lease` seconds what `plan` grants of the due rows, or say until when nothing may go.

        `plan` is called with the meters locked, and what it grants is charged to them in the same transaction. `owner` is "host/run", or
        "host/run/number" of one process; `token` is new for every claim. Lanes take turns by mails. Subscribers who have left since the freeze are settled as failed at
        stage `consent`. The lease is renewed by every step.
        A disk that is nearly full is a StoreError here, before a mail of the batch is under way.
        """
        self._database.want_room()
        return await self._database.write(
            lambda connection: claims.claim(
                connection, mailing, owner, token, now=now, lease=lease, plan=plan
            )
        )

    async def step(
        self, batch: Batch, done: Settled | None, mark: Recipient | None, *, now: datetime
    ) -> bool:
        """Settle a connection's last row and mark its next as dotting, durably, in one commit with the other connections' steps, and
        with what the refusal of `done` means for its subscriber.

        True when all that was asked for was won: only then may the body of `mark` be written. A row whose result is not won takes
        its mark along: the batch is somebody else's by now. Raises StoreError when nothing of it was written.
        """
        return await self._steps.join(Step(batch, done, mark, now))

    async def look(self, mailing: str, *, now: datetime, plan: Plan) -> Grant | Wait:
        """What a claim would be granted now. Nothing is taken."""
        return await self._database.read(lambda connection: plan(claims.situation(connection, mailing, now)))

    async def finish(self, batch: Batch, judge: Judge | None = None) -> None:
        """Give back what is still claimed, to the meters too, and keep what `judge` makes of them.

        What is dotting stays so, until `recover` calls it unknown.
        """
        await self._database.write(lambda connection: claims.finish(connection, batch, judge))

    async def meters(self) -> dict[str, Meter]:
        """What is remembered of lanes and servers, by the names of their meters."""
        return await self._database.read(meters.every)

    async def waiting(self, mailing: str, *, now: datetime) -> dict[str, int]:
        """The lanes with waiting rows, and how many of them are due."""
        return await self._database.read(lambda connection: claims.waiting(connection, mailing, now))

    async def mailings_at_work(self) -> Sequence[str]:
        """The mailings with batches, whether their owners live or not."""
        return await self._database.read(claims.mailings_at_work)

    async def recover(self, mailing: str, *, now: datetime, dead: str, resend: bool) -> int:
        """Take over from dead owners: claimed rows are queued again; dotting rows too with `resend`, else they become unknown.

        The caller holds the mailing's lock and knows that the owner `dead` is, and all below it: "host" stands for every run there,
        "host/run/2" for one process. Another's lease must have run out. Returns how many rows were left in doubt.
        """
        return await self._database.write(
            lambda connection: recovery.recover(connection, mailing, now=now, dead=dead, resend=resend)
        )

    async def resend(self, mailing: str, *, now: datetime, when: recovery.ResendAt) -> datetime | None:
        """Queue unknown rows again as soon as `when` (how often in doubt, since when) says; returns the next such time to come."""
        return await self._database.write(
            lambda connection: recovery.resend(connection, mailing, now=now, when=when)
        )

    async def retry_failed(self, mailing: str, *, now: datetime) -> int:
        """Queue failed rows again, but not those of dead addresses (5.1.x), of addresses no mail can have, and of subscribers who had left.

        A row that was given up has its four days anew. Returns how many.
        """
        return await self._database.write(
            lambda connection: recovery.retry_failed(connection, mailing, now=now)
        )

    async def resend_unknown(self, mailing: str, *, now: datetime) -> int:
        """Queue every unknown row again, however often it was in doubt. Returns how many."""
        return await self._database.write(
            lambda connection: recovery.resend_unknown(connection, mailing, now=now)
        )

    async def fold(self, *, before: datetime, limit: int = 2_000) -> int:
        """Turn up to `limit` rows settled before then into counts, in one short transaction; 0 when none is left.

        Only of mailings in which nothing waits or is held. What was mailed to whom, and every address in it, is gone then.
        """
        return await self._database.write(
            lambda connection: counts.fold(connection, before=before, limit=limit)
        )

    async def hold(self, mailing: str, *, now: datetime) -> bool:
        """Let nothing more of a mailing begin, in whichever process; what is claimed waits again. False when it was held before."""
        return await self._database.write(lambda connection: hold.hold(connection, mailing, now=now))

    async def resume(self, mailing: str) -> bool:
        """Lift a hold. False when there was none."""
        return await self._database.write(lambda connection: hold.resume(connection, mailing))

    async def is_sendable(self, mailing: str) -> bool:
        """Whether a mailing may be sent: it is approved, and nobody holds it."""
        return await self._database.read(lambda connection: hold.is_sendable(connection, mailing))

    async def batch(self, number: int) -> Batch | None:
        """A batch with the rows that are still claimed under its token; None when it is over."""
        return await self._database.read(lambda connection: claims.held(connection, number))

    async def due(self, mailing: str, *, now: datetime, limit: int) -> int:
        """How many rows wait and are due, counted up to `limit`."""
        return await self._database.read(lambda connection: claims.due(connection, mailing, now, limit))

    async def next_due(self, mailing: str, after: datetime | None = None) -> datetime | None:
        """When the next waiting row is due (maybe in the past, but later than `after`) or another's lease runs out; None for neither."""
        return await self._database.read(lambda connection: claims.next_due(connection, mailing, after))

    async def counts(self, mailing: str) -> Counts:
        """How a mailing stands. It reads every row: about a second for a million."""
        return await self._database.read(lambda connection: counts.counts(connection, mailing))

    async def rows(
        self, mailing: str, states: Collection[State] = tuple(State), *, doubtful: bool = False
    ) -> AsyncIterator[DeliveryLine]:
        """The rows in one of `states`, in the order of the subscribers; with `doubtful` only those whose dot ever went unanswered."""
        c = deliveries.c
        question = (
            select(deliveries)
            .where(c.mailing == mailing, c.state.in_(list(states)))
            .order_by(c.subscriber, c.serial)
            .limit(PAGE)
        )
        if doubtful:
            question = question.where(c.unknowns > 0)
        last: tuple[int, int] | None = None
        while True:
            page = await self._database.read(partial(_fetched, question=_after(question, last)))
            for row in page:
                yield _line(row)
            if len(page) < PAGE:
                return
            last = (page[-1].subscriber, page[-1].serial)

    async def recipients(self, mailing: str, *, limit: int | None = None) -> AsyncIterator[Recipient]:
        """The planned subscribers in the order of their rows, whatever state they are in, at most `limit`."""
        c = deliveries.c
        question = select(deliveries).where(c.mailing == mailing).order_by(c.subscriber, c.serial)
        last: tuple[int, int] | None = None
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            ask = _after(question, last).limit(size)
            page = await self._database.read(partial(claims.recipients, question=ask))
            for subscriber in page:
                yield subscriber
            if len(page) < size:
                return
            left = None if left is None else left - size
            last = (page[-1].subscriber, page[-1].serial)

    async def recipient(self, mailing: str, subscriber: int) -> Recipient | None:
        """The row of one subscriber as planned; None when the mailing has none."""
        c = deliveries.c
        question = select(deliveries).where(c.mailing == mailing, c.subscriber == subscriber).limit(1)
        found = await self._database.read(partial(claims.recipients, question=question))
        return found[0] if found else None

    async def close(self) -> None:
        """Let the running commit end."""
        await self._steps.drained()

    async def _commit(self, steps: Sequence[Step]) -> Sequence[bool]:
        together = self._together
        if together is not None and not any(step.refused for step in steps):
            try:
                await self._database.write_small(lambda connection: together.take(connection, steps))
            except Contested:
                pass  # somebody lost something: below it is found out who
            else:
                return [True] * len(steps)
        return await self._database.write(lambda connection: take(connection, steps))


def _fetched(connection: Connection, question: Select[Any]) -> Sequence[Any]:
    return connection.execute(question).all()


def _after(question: Select[Any], last: tuple[int, int] | None) -> Select[Any]:
    if last is None:
        return question
    c = deliveries.c
    return question.where(tuple_(c.subscriber, c.serial) > last)


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
