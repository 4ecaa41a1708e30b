"""Limits are the site's: several owners on one store, on both databases."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from zoneinfo import ZoneInfo

from syndication.deliver.throttle import Throttle
from syndication.domain.delivery import Batch
from syndication.domain.limits import Limits, Meter, Reason, Wait
from syndication.store.database import Store, open_store
from tests.doors.store_samples import DAY, HOUR, MINUTE, NOW, addresses, planned, settled

pytest_plugins = ("tests.doors.databases",)


def site(big: Limits | None = None, *, connections: int = 20) -> Throttle:
    lanes = {"big": big or Limits()}
    return Throttle(lanes, {"mx": Limits()}, {"mx": 1}, connections, ZoneInfo("UTC"))


async def claimed(
    store: Store, throttle: Throttle, token: str, *, wanted: int = 5, owner: str = "host/run"
) -> Batch | Wait:
    plan = partial(throttle.plan, wanted=wanted, most=wanted)
    return await store.ledger.claim("m1", owner, token, now=NOW, lease=60, plan=plan)


def rows(answer: Batch | Wait) -> int:
    return len(answer.rows) if isinstance(answer, Batch) else 0


def reason(answer: Batch | Wait) -> Reason | None:
    return answer.reason if isinstance(answer, Wait) else None


async def test_two_processes_share_the_rate_of_a_lane(store: Store, database_url: str) -> None:
    await planned(store, *addresses(60, "big.example"))
    other, throttle = await open_store(database_url), site(Limits(per_second=10))
    answers = await asyncio.gather(
        *(claimed((store, other)[number % 2], throttle, f"t{number}") for number in range(8))
    )
    assert sum(map(rows, answers)) == 10
    assert [reason(answer) for answer in answers].count(Reason.PACE) == 7
    await other.close()


async def test_connections_are_counted_over_live_batches_until_they_end(store: Store) -> None:
    await planned(store, *addresses(300, "big.example"), *addresses(600))
    throttle = site(Limits(connections=3), connections=8)
    first = await claimed(store, throttle, "t1", wanted=2, owner="host/a")
    second = await claimed(store, throttle, "t2", wanted=5, owner="host/b")
    third = await claimed(store, throttle, "t3", wanted=5, owner="host/c")
    assert isinstance(first, Batch)
    assert isinstance(second, Batch)
    assert isinstance(third, Batch)
    used = Counter[str]()
    for each in (first, second, third):
        used[each.lane] += each.connections
    assert used.total() == 8
    assert used["big"] <= 3
    assert reason(await claimed(store, throttle, "t4")) is Reason.CONNECTIONS
    await store.ledger.finish(first)
    assert rows(await claimed(store, throttle, "t5"))


async def test_a_batch_that_is_over_but_for_a_doubt_uses_no_connection(store: Store) -> None:
    await planned(store, *addresses(300))
    throttle = site(connections=1)
    batch = await claimed(store, throttle, "t1")
    assert isinstance(batch, Batch)
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    assert reason(await claimed(store, throttle, "t2")) is Reason.CONNECTIONS
    await store.ledger.finish(batch)
    assert rows(await claimed(store, throttle, "t3"))


async def test_a_dead_owners_connections_are_free_after_its_lease_or_its_recovery(store: Store) -> None:
    await planned(store, *addresses(300))
    throttle = site(connections=1)
    assert rows(await claimed(store, throttle, "t1", owner="gone/run"))
    plan = partial(throttle.plan, wanted=1, most=1)
    assert await store.ledger.mailings_at_work() == ["m1"]
    for later, goes in ((MINUTE / 2, False), (2 * MINUTE, True)):
        answer = await store.ledger.look("m1", now=NOW + later, plan=plan)
        assert isinstance(answer, Wait) is not goes
    await store.ledger.recover("m1", now=NOW, dead="gone", resend=True)
    assert rows(await claimed(store, throttle, "t2"))


async def taken_back(store: Store, back: Callable[[Batch], Awaitable[object]]) -> tuple[int, int]:
    """Rows of a lane with 100 a day: at first, and after they came back."""
    await planned(store, *addresses(300, "big.example"))
    throttle = site(Limits(per_day=100))
    batch = await claimed(store, throttle, "t1")
    assert isinstance(batch, Batch)
    assert reason(await claimed(store, throttle, "t2")) is Reason.DAY
    done = settled(batch.rows[0])
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    assert await store.ledger.step(batch, done, None, now=NOW)
    await back(batch)
    return rows(batch), rows(await claimed(store, throttle, "t3"))


async def test_mails_that_come_back_unsent_come_back_to_the_day(store: Store) -> None:
    assert await taken_back(store, store.ledger.finish) == (100, 99)


async def test_mails_of_a_dead_owner_come_back_to_the_day(store: Store) -> None:
    assert await taken_back(
        store, lambda _: store.ledger.recover("m1", now=NOW, dead="host", resend=True)
    ) == (100, 99)


async def test_mails_that_a_hold_takes_back_come_back_to_the_day(store: Store) -> None:
    async def held_and_resumed(_: Batch) -> None:
        await store.ledger.hold("m1", now=NOW)
        await store.ledger.resume("m1")

    assert await taken_back(store, held_and_resumed) == (100, 99)


async def test_what_a_batch_has_taught_is_kept_with_its_end(store: Store) -> None:
    await planned(store, *addresses(3))
    batch = await claimed(store, site(), "t1", wanted=3)
    assert isinstance(batch, Batch)

    def judge(lane: Meter, server: Meter, in_use: int) -> tuple[Meter, Meter]:
        assert (lane.name, server.name, in_use) == ("lane other", "server mx", 3)
        paused = Meter(
            server.name, at=NOW, day=NOW, cap=2, capped=NOW, troubles=1, not_before=NOW + HOUR, words="né \0"
        )
        return Meter(lane.name, tokens=0.5, credit=-0.25, refused=("a.example", "b.example")), paused

    await store.ledger.finish(batch, judge)
    kept = await store.ledger.meters()
    assert kept["lane other"] == Meter(
        "lane other", tokens=0.5, credit=-0.25, refused=("a.example", "b.example")
    )
    assert (kept["server mx"].not_before, kept["server mx"].words) == (NOW + HOUR, "né ")
    assert (
        rows(await claimed(store, site(), "t2")) == 3
    )  # no server is paused for an hour: a clock was set back


async def test_what_waits_is_counted_by_lane(store: Store) -> None:
    await planned(store, *addresses(3, "big.example"), *addresses(2))
    batch = await claimed(store, site(), "t1")
    assert isinstance(batch, Batch)
    (row, *_rest) = batch.rows
    assert await store.ledger.step(batch, None, row, now=NOW)
    await store.ledger.finish(batch)
    number = {"big": 3, "other": 2}
    number[batch.lane] -= 1
    assert await store.ledger.waiting("m1", now=NOW) == number
    assert set((await store.ledger.waiting("m1", now=NOW - DAY)).values()) == {0}
