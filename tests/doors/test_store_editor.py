"""The editor's word in the store: what waits or is held is given to nobody, and what was taken back leaves nothing behind."""

import asyncio

from sqlalchemy import Connection, select

from syndication.domain.delivery import State
from syndication.domain.limits import Wait
from syndication.store.database import Store
from syndication.store.editions.freeze import FreezePlan
from syndication.store.tables.core import metadata
from tests.doors.store_samples import (
    DAY,
    HEADERS,
    HOUR,
    NOW,
    W47,
    addresses,
    at_most,
    claim,
    collect,
    edition,
    freeze,
    lane_of,
    latest,
    nothing_is_due,
    piece,
    planned,
    settled,
    states,
    subscribe,
)
from tests.doors.store_samples import ENGLISH as VARIANT

pytest_plugins = ("tests.doors.databases",)


async def nothing_to_claim(store: Store) -> bool:
    return await nothing_is_due(store, now=NOW + DAY)


async def test_what_is_held_is_claimed_by_nobody_and_waits_until_it_is_resumed(store: Store) -> None:
    await planned(store, *addresses(3))
    assert await store.ledger.hold("m1", now=NOW)
    assert not await store.ledger.hold("m1", now=NOW + HOUR)
    assert await nothing_to_claim(store)
    assert await store.ledger.next_due("m1") is None
    assert not await store.ledger.is_sendable("m1")
    held = await store.editions.get(W47)
    assert held
    assert held.held_at == NOW
    assert await store.ledger.resume("m1")
    assert not await store.ledger.resume("m1")
    assert len((await claim(store)).rows) == 3


async def test_a_hold_takes_back_what_is_claimed_and_lets_the_dots_on_the_wire_be_settled(
    store: Store,
) -> None:
    await planned(store, *addresses(3))
    batch = await claim(store)
    first, second, _ = batch.rows
    assert await store.ledger.step(batch, None, first, now=NOW)
    await store.ledger.hold("m1", now=NOW)
    assert list((await states(store)).values()) == [State.DOTTING, State.QUEUED, State.QUEUED]
    assert not await store.ledger.step(batch, settled(first), second, now=NOW)
    await store.ledger.finish(batch)
    assert list((await states(store)).values()) == [State.SENT, State.QUEUED, State.QUEUED]
    await store.ledger.resume("m1")
    assert len((await claim(store, "t2")).rows) == 2


async def test_no_claim_slips_past_a_hold(store: Store) -> None:
    await planned(store, *addresses(60))
    claiming = [
        store.ledger.claim("m1", "host/run", f"t{number}", now=NOW, lease=60, plan=at_most(2))
        for number in range(20)
    ]
    await asyncio.gather(*claiming[:10], store.ledger.hold("m1", now=NOW), *claiming[10:])
    assert set((await states(store)).values()) == {State.QUEUED}


async def test_what_waits_for_its_editor_is_claimed_by_nobody_and_is_in_no_archive(store: Store) -> None:
    await collect(store, piece("ferry"))
    await subscribe(store, *addresses(2))
    made = edition(await latest(store, 1, until=NOW))
    plan = FreezePlan(
        edition=made,
        variants=(VARIANT,),
        page="",
        subject="",
        at=NOW,
        mailing="m1",
        headers=HEADERS,
        token_key="abcd",
        lane_of=lane_of,
        waits=True,
    )
    frozen = await store.editions.freeze(plan)
    assert frozen.approved_at is None
    assert await nothing_to_claim(store)
    assert await store.editions.lines() == ()
    assert await store.editions.approve(W47, at=NOW + HOUR)
    assert not await store.editions.approve(W47, at=NOW + DAY)
    approved = await store.editions.get(W47)
    assert approved
    assert approved.approved_at == NOW + HOUR
    assert [line.key for line in await store.editions.lines()] == [W47]
    assert len((await claim(store, now=NOW + DAY)).rows) == 2


async def test_what_was_taken_back_leaves_nothing_but_free_articles(store: Store) -> None:
    await planned(store, *addresses(3))
    batch = await claim(store)
    await store.ledger.finish(batch)  # a server that could not be reached: nothing was marked
    assert await store.editions.discard(W47)
    stay = {"articles", "article_keys", "due_articles", "meters", "subscribers"}

    def left(connection: Connection) -> set[str]:
        return {table.name for table in metadata.sorted_tables if connection.execute(select(table)).first()}

    assert await store.database.read(left) == stay
    await freeze(store, edition(await latest(store, 1, until=NOW)))
    assert len((await claim(store)).rows) == 3


async def test_an_edition_is_not_taken_back_while_a_row_is_held_or_once_one_was_marked(store: Store) -> None:
    await planned(store, *addresses(2))
    batch = await claim(store)
    assert not await store.editions.discard(W47)
    await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    await store.ledger.step(batch, settled(batch.rows[0], State.DEFERRED), None, now=NOW)
    await store.ledger.finish(batch)
    assert not await store.editions.discard(W47)
    assert len(await states(store)) == 2


async def test_of_a_claim_and_a_discard_at_once_only_one_wins(store: Store) -> None:
    await planned(store, *addresses(2))
    batch, gone = await asyncio.gather(
        store.ledger.claim("m1", "host/run", "t1", now=NOW, lease=60, plan=at_most()),
        store.editions.discard(W47),
    )
    assert isinstance(batch, Wait) == gone


async def test_a_number_is_not_given_twice_after_an_edition_was_taken_back(store: Store) -> None:
    await planned(store)
    await collect(store, piece("herring"))
    (herring,) = (each for each in await latest(store, 2, until=NOW) if each.title.endswith("herring"))
    await freeze(store, edition([herring], W47.shifted(-1), number=2), mailing="m0")
    assert await store.editions.discard(W47)
    assert await store.editions.number_next(1) == 3


async def test_a_note_is_kept_for_its_week_replaced_and_taken_away(store: Store) -> None:
    assert await store.notes.get(W47) == ""
    await store.notes.put(W47, "First.")
    await store.notes.put(W47, "Second: 안녕\n\nBye.")
    assert await store.notes.get(W47) == "Second: 안녕\n\nBye."
    await store.notes.put(W47, "")
    assert await store.notes.get(W47) == ""
