"""The sender's step: settle a connection's last row and mark its next as dotting; many connections' steps in one transaction.

Python decides what may change, by the domain's table of legal transitions, on rows that the transaction has locked (SQLite: by its one
write lock). Then the change is written, and the database confirms the number of rows. What a server's refusal means for the subscriber is
decided and stored with it: a crash loses both or neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import BindParameter, Connection, Update, bindparam, case, func, select, update

from syndication.domain.bounce import Happened
from syndication.domain.delivery import Batch, Recipient, Settled, State
from syndication.errors import StoreError
from syndication.store.engine import lock
from syndication.store.repository import batched
from syndication.store.subscribers.bounces import record_event
from syndication.store.tables.sending import batches, deliveries, mailings

REPLY = 500  # characters kept of a server's words
WAITING = frozenset({State.QUEUED, State.DEFERRED})
HELD = frozenset({State.CLAIMED, State.DOTTING})
Key: TypeAlias = tuple[str, int, int]


class Step(NamedTuple):
    """One connection's request: the result of its last row, and its next row to mark as dotting."""

    batch: Batch
    done: Settled | None
    mark: Recipient | None
    now: datetime

    @property
    def refused(self) -> bool:
        """Return whether the server refused the mail, so that something has to be decided about the subscriber."""
        return self.done is not None and self.done.refusal is not None


def kept(step: Step) -> Step | None:
    """Return what remains of a step whose caller was cancelled: the result happened, the next mail will not."""
    return step._replace(mark=None) if step.done else None


def apply_steps(connection: Connection, steps: Sequence[Step]) -> list[bool]:
    """Return whether each step was won as a whole. Raises StoreError when fewer rows change than were read under the lock."""
    if any(step.refused for step in steps):
        lock(connection, "subscribers")  # before any row, like every change of a subscriber and a row
    live = _live(connection, steps)
    rows = _rows(connection, steps)
    settled: list[dict[str, Any]] = []
    marked: list[dict[str, Any]] = []
    refusals: list[Step] = []
    won = []
    for step in steps:
        ours = live.get(step.batch.id) == step.batch.token and _settle(step, rows, settled)
        if ours and step.refused:
            refusals.append(step)
        won.append(ours and _mark(step, rows, marked))
    _write(connection, _SETTLE, settled)
    _write(connection, _MARK, marked)
    _decide(connection, refusals, rows)
    return won


@dataclass(slots=True)
class _Row:
    """A row's state, updated within this transaction."""

    state: State
    batch: int | None
    subscriber: str  # the random key; empty for one who was erased


def _live(connection: Connection, steps: Iterable[Step]) -> dict[int, str]:
    """Return the tokens of the batches that exist, and renew leases of which half has run out."""
    now = max(step.now for step in steps)
    c = batches.c
    ids = {step.batch.id for step in steps}
    live = {}
    for row in connection.execute(_BATCHES, {"ids": list(ids)}):
        live[row.id] = row.token
        lease = timedelta(microseconds=row.lease)
        if row.lease_until - now < lease / 2 and row.token in {
            s.batch.token for s in steps if s.batch.id == row.id
        }:
            connection.execute(update(batches).where(c.id == row.id).values(lease_until=now + lease))
    return live


def _rows(connection: Connection, steps: Iterable[Step]) -> dict[Key, _Row]:
    """Lock and return the rows of these steps."""
    subscribers: dict[str, set[int]] = {}
    for step in steps:
        of_mailing = subscribers.setdefault(step.batch.mailing, set())
        of_mailing.update(row.subscriber for row in (step.done, step.mark) if row is not None)
    found: dict[Key, _Row] = {}
    for mailing, of_mailing in subscribers.items():
        for ids in batched(sorted(of_mailing)):
            for row in connection.execute(_ROWS, {"of_mailing": mailing, "ids": ids}):
                found[row.mailing, row.subscriber, row.serial] = _Row(State(row.state), row.batch, row.key)
    return found


def _settle(step: Step, rows: dict[Key, _Row], settled: list[dict[str, Any]]) -> bool:
    done = step.done
    if done is None:
        return True
    row = rows.get((step.batch.mailing, done.subscriber, done.serial))
    if (
        row is None
        or row.batch != step.batch.id
        or done.state in HELD
        or not row.state.may_become(done.state)
    ):
        return False
    waits = done.state in WAITING
    settled.append(
        _key(step, done, row.state)
        | {
            "new_state": done.state,
            "new_due": (done.due or step.now) if waits else None,
            "more_attempts": int(done.counted),
            "more_unknowns": int(done.state is State.UNKNOWN),
            "new_stage": done.stage,
            "new_code": done.reply.code,
            "new_reply": done.reply.text[:REPLY],
            "new_server": done.reply.server,
            "new_settled": step.now,
            "new_deferred": step.now if done.state is State.DEFERRED else None,
        }
    )
    row.state, row.batch = done.state, None
    return True


def _mark(step: Step, rows: dict[Key, _Row], marked: list[dict[str, Any]]) -> bool:
    if step.mark is None:
        return True
    row = rows.get((step.batch.mailing, step.mark.subscriber, step.mark.serial))
    if row is None or row.batch != step.batch.id or not row.state.may_become(State.DOTTING):
        return False
    marked.append(_key(step, step.mark, row.state) | {"new_dotted": step.now})
    row.state = State.DOTTING
    return True


def _decide(connection: Connection, steps: Sequence[Step], rows: dict[Key, _Row]) -> None:
    """Decide what refusals mean for their subscribers. The rows are settled, whether or not the next mail was won."""
    if not steps:
        return
    ids = sorted({step.batch.mailing for step in steps})
    sent = {row.id: row.date for row in connection.execute(_SENT, {"ids": ids})}
    for step in steps:
        if step.done is not None and (refusal := step.done.refusal) is not None:
            mailing = step.batch.mailing
            subscriber = rows[mailing, step.done.subscriber, step.done.serial].subscriber
            happened = Happened(key=subscriber, sent=sent[mailing], finding=refusal.finding, source="smtp")
            record_event(connection, happened, refusal.rule, step.now)


def _key(step: Step, row: Settled | Recipient, state: State) -> dict[str, Any]:
    return {
        "of_mailing": step.batch.mailing,
        "of_subscriber": row.subscriber,
        "of_serial": row.serial,
        "of_batch": step.batch.id,
        "from_state": state,
    }


def _new(name: str, column: str) -> BindParameter[Any]:
    return bindparam(f"new_{name}", type_=deliveries.c[column].type)


def _held() -> Update:
    """Return an update of one held row, which must be in the state in which it was read."""
    c = deliveries.c
    return update(deliveries).where(
        c.mailing == bindparam("of_mailing"),
        c.subscriber == bindparam("of_subscriber"),
        c.serial == bindparam("of_serial"),
        c.batch == bindparam("of_batch"),
        c.state == bindparam("from_state"),
    )


_SENT = select(mailings.c.id, mailings.c.date).where(mailings.c.id.in_(bindparam("ids", expanding=True)))
_BATCHES = (
    select(batches.c.id, batches.c.token, batches.c.lease, batches.c.lease_until)
    .where(batches.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(batches.c.id)
    .with_for_update(read=True)
)
_ROWS = (
    select(
        deliveries.c.mailing,
        deliveries.c.subscriber,
        deliveries.c.serial,
        deliveries.c.state,
        deliveries.c.batch,
        deliveries.c.key,
    )
    .where(
        deliveries.c.mailing == bindparam("of_mailing"),
        deliveries.c.subscriber.in_(bindparam("ids", expanding=True)),
    )
    .order_by(deliveries.c.subscriber, deliveries.c.serial)
    .with_for_update()
)
_MARK = _held().values(state=State.DOTTING, dotted=_new("dotted", "dotted"))
_SETTLE = _held().values(
    state=_new("state", "state"),
    due=_new("due", "due"),
    batch=None,
    attempts=deliveries.c.attempts + bindparam("more_attempts"),
    unknowns=deliveries.c.unknowns + bindparam("more_unknowns"),
    stage=_new("stage", "stage"),
    code=_new("code", "code"),
    reply=case(
        (deliveries.c.key == "", ""), else_=_new("reply", "reply")
    ),  # erased meanwhile: the reply may quote the address
    server=_new("server", "server"),
    settled=_new("settled", "settled"),
    first_deferred=func.coalesce(deliveries.c.first_deferred, _new("deferred", "first_deferred")),
)


def _write(connection: Connection, change: Update, rows: list[dict[str, Any]]) -> None:
    if rows and connection.execute(change, rows).rowcount != len(rows):
        raise StoreError("The ledger changed under a lock.", "Nothing was sent on it; run again.")
