"""What comes after a mailing: failed and unknown rows queued again, long settled rows folded into counts."""

from datetime import timedelta

from syndication.domain.delivery import Recipient, Reply, Settled, Stage, State
from syndication.store.database import Store
from tests.doors.store_samples import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    addresses,
    claim,
    listed,
    planned,
    settled,
    states,
)

pytest_plugins = ("tests.doors.databases",)


async def settle(store: Store, *results: tuple[State, Stage, Reply]) -> list[Recipient]:
    """A mailing with one row for each result, which it has."""
    await planned(store, *addresses(len(results)))
    batch = await claim(store)
    for row, (state, stage, reply) in zip(batch.rows, results, strict=True):
        if state in {State.SENT, State.UNKNOWN, State.DEFERRED}:
            assert await store.ledger.step(batch, None, row, now=NOW)
        due = NOW + HOUR if state is State.DEFERRED else None
        done = Settled(row.subscriber, row.serial, state, stage, reply, due)
        assert await store.ledger.step(batch, done, None, now=NOW)
    await store.ledger.finish(batch)
    return list(batch.rows)


SENT = (State.SENT, Stage.DOT, Reply(250, "2.0.0 ok", "mx"))
FAILED = (State.FAILED, Stage.RCPT, Reply(550, "5.7.1 we do not want it", "mx"))
DEAD = (State.FAILED, Stage.RCPT, Reply(550, "5.1.1 nobody here", "mx"))
SENDER = (State.FAILED, Stage.RCPT, Reply(550, "5.1.8 who are you", "mx"))
LEFT = (State.FAILED, Stage.CONSENT, Reply(0, "the subscriber had left"))
NO_ADDRESS = (State.FAILED, Stage.ADDRESS, Reply(0, "no mail can have it"))
NO_SMTPUTF8 = (State.FAILED, Stage.ADDRESS, Reply(0, "5.6.7 the server does not offer SMTPUTF8", "mx"))
UNKNOWN = (State.UNKNOWN, Stage.DOT, Reply(0, "the line broke", "mx"))
NOTHING = (State.NO_CONTENT, Stage.CONNECT, Reply(0, "nothing in it"))
LATER = (State.DEFERRED, Stage.RCPT, Reply(451, "4.2.0 later", "mx"))


async def test_failed_rows_are_retried_but_for_dead_addresses_and_leavers(store: Store) -> None:
    rows = await settle(store, SENT, FAILED, DEAD, SENDER, LEFT, NO_ADDRESS, NO_SMTPUTF8, UNKNOWN, NOTHING)
    assert await store.ledger.retry_failed("m1", now=NOW + HOUR) == 3
    queued = [email for email, state in (await states(store)).items() if state is State.QUEUED]
    assert queued == [rows[1].email, rows[3].email, rows[6].email]
    assert await store.ledger.retry_failed("m1", now=NOW + HOUR) == 0
    again = await claim(store, "t2", now=NOW + HOUR)
    assert [row.email for row in again.rows] == queued


async def test_a_row_that_was_given_up_is_retried_with_its_days_anew_and_its_attempts_kept(
    store: Store,
) -> None:
    await settle(store, LATER)
    batch = await claim(store, "t2", now=NOW + HOUR)
    assert batch.rows[0].deferrals_since == NOW
    given_up = settled(batch.rows[0], State.FAILED, Reply(451, "4.2.0 later"))
    assert await store.ledger.step(batch, given_up, None, now=NOW + HOUR)
    assert await store.ledger.retry_failed("m1", now=NOW + DAY) == 1
    (row,) = (await claim(store, "t3", now=NOW + DAY)).rows
    assert (row.attempts, row.deferrals_since) == (2, None)


async def test_unknown_rows_are_sent_again_when_somebody_says_so_and_stay_listed(store: Store) -> None:
    rows = await settle(store, SENT, UNKNOWN, FAILED)
    assert await store.ledger.resend_unknown("m1", now=NOW + HOUR) == 1
    assert (await states(store))[rows[1].email] is State.QUEUED
    assert [line.email for line in await listed(store.ledger.rows("m1", doubtful=True))] == [rows[1].email]


async def test_a_waiting_row_shows_when_it_is_tried_next_and_since_when_it_was_deferred(store: Store) -> None:
    await settle(store, LATER, SENT)
    waits, sent = await listed(store.ledger.rows("m1"))
    assert (waits.due, waits.first_deferred) == (NOW + HOUR, NOW)
    assert (sent.due, sent.first_deferred) == (None, None)


async def fold(store: Store, after: timedelta, limit: int = 2_000) -> int:
    return await store.ledger.fold(before=NOW + after, limit=limit)


async def test_rows_settled_long_ago_become_counts_and_their_addresses_are_gone(store: Store) -> None:
    await settle(store, SENT, SENT, FAILED, DEAD, LEFT, NOTHING, UNKNOWN)
    before = await store.ledger.counts("m1")
    assert await fold(store, timedelta(0)) == 0  # settled at that instant, not before it
    assert await fold(store, MINUTE) == 6
    assert await fold(store, MINUTE) == 0
    assert await store.ledger.counts("m1") == before
    left = await listed(store.ledger.rows("m1"))
    assert [line.state for line in left] == [State.UNKNOWN]  # nobody has decided about it yet


async def test_what_was_once_in_doubt_is_counted_as_such_after_folding(store: Store) -> None:
    await settle(store, UNKNOWN)
    await store.ledger.resend_unknown("m1", now=NOW)
    batch = await claim(store, "t2")
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    assert await store.ledger.step(batch, settled(batch.rows[0]), None, now=NOW)
    await store.ledger.finish(batch)
    assert await fold(store, MINUTE) == 1
    counts = await store.ledger.counts("m1")
    assert (counts.sent, counts.doubtful, counts.recipients) == (1, 1, 1)


async def test_folding_goes_in_small_steps_that_add_up(store: Store) -> None:
    await settle(store, *[SENT] * 5, FAILED, *[SENT] * 4)
    before = await store.ledger.counts("m1")
    assert [await fold(store, MINUTE, limit=3) for _ in range(5)] == [3, 3, 3, 1, 0]
    assert await store.ledger.counts("m1") == before


async def test_nothing_is_folded_while_a_row_waits_or_is_held(store: Store) -> None:
    await settle(store, SENT, LATER)
    assert await fold(store, DAY) == 0
    batch = await claim(store, "t2", now=NOW + HOUR)
    assert await fold(store, DAY) == 0
    assert await store.ledger.step(batch, settled(batch.rows[0], State.FAILED), None, now=NOW + HOUR)
    await store.ledger.finish(batch)
    assert await fold(store, DAY) == 2
