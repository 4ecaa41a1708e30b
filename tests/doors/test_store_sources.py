"""What is remembered of a source."""

from dataclasses import replace

from syndication.domain.article import Validators
from syndication.domain.hotlist import HotLine, HotList
from syndication.store.database import Store
from tests.doors.store_samples import DAY, HOUR, NOW, WIRE

pytest_plugins = ("tests.doors.databases",)

SEEN = Validators('"abc"', "Fri, 20 Nov 2026 09:00:00 GMT")


async def test_a_source_is_new_until_its_first_success(store: Store) -> None:
    assert await store.sources.state(WIRE) is None
    await store.sources.record(WIRE, at=NOW, error="the server is down")
    failed = await store.sources.state(WIRE)
    assert failed is not None
    assert failed.collected is None
    await store.sources.record(WIRE, at=NOW, validators=SEEN, count=3)
    state = await store.sources.state(WIRE)
    assert state is not None
    assert (state.collected, state.validators) == (NOW, SEEN)


async def test_a_source_at_another_location_is_another_source(store: Store) -> None:
    await store.sources.record(WIRE, at=NOW, validators=SEEN, count=3, retired=True)
    moved = replace(WIRE, location="https://wire.example/new")
    assert await store.sources.state(moved) is None
    await store.sources.record(moved, at=NOW)
    assert await store.sources.state(WIRE) is None
    assert [state.location for state in await store.sources.states()] == [moved.location]


async def test_a_failure_keeps_the_last_good_and_counts_up(store: Store) -> None:
    await store.sources.record(WIRE, at=NOW, validators=SEEN, count=3)
    await store.sources.record(WIRE, at=NOW + HOUR, error="500")
    await store.sources.record(WIRE, at=NOW + DAY, error="timeout")
    state = await store.sources.state(WIRE)
    assert state is not None
    assert (state.validators, state.count, state.collected) == (SEEN, 3, NOW)
    assert (state.failures, state.error, state.failed) == (2, "timeout", NOW + DAY)
    assert state.failing_since == NOW + HOUR
    await store.sources.record(WIRE, at=NOW + 2 * DAY)
    await store.sources.record(WIRE, at=NOW + 3 * DAY, error="500")
    again = await store.sources.state(WIRE)
    assert again is not None
    assert (again.failures, again.failing_since) == (1, NOW + 3 * DAY)


async def test_what_a_source_usually_gives_and_how_long_it_took_is_remembered(store: Store) -> None:
    await store.sources.record(WIRE, at=NOW, count=3, usual=3, took=1.25)
    await store.sources.record(WIRE, at=NOW + HOUR, count=0, took=0.5)
    state = await store.sources.state(WIRE)
    assert state is not None
    assert (state.count, state.usual, state.took) == (0, 3, 0.5)


async def test_a_304_keeps_validators_and_count_and_clears_the_error(store: Store) -> None:
    await store.sources.record(WIRE, at=NOW, validators=SEEN, count=3)
    await store.sources.record(WIRE, at=NOW, error="500")
    await store.sources.record(WIRE, at=NOW + HOUR)
    state = await store.sources.state(WIRE)
    assert state is not None
    assert (state.validators, state.count, state.collected) == (SEEN, 3, NOW + HOUR)
    assert (state.failures, state.error) == (0, "")


async def test_a_source_that_is_gone_is_remembered(store: Store) -> None:
    await store.sources.record(WIRE, at=NOW, count=3)
    await store.sources.record(WIRE, at=NOW + HOUR, retired=True)
    state = await store.sources.state(WIRE)
    assert state is not None
    assert state.collected == NOW
    assert [(state.name, state.retired) for state in await store.sources.states()] == [("wire", True)]


async def test_hot_lists_come_back_as_saved_and_replace_the_sources_older_ones(store: Store) -> None:
    lines = (
        HotLine(1, "The ferry sails again", "https://hanok.example/ferry", 12.5),
        HotLine(2, "A quiet winter"),
    )
    page = HotList("desk", "page.txt", lines, NOW)
    other = HotList("wire", "list.csv", lines[:1])
    await store.sources.save_hot("desk", [page, replace(page, origin="older.txt")], at=NOW)
    await store.sources.save_hot("wire", [other], at=NOW)
    await store.sources.save_hot("desk", [page], at=NOW)
    assert await store.sources.hot_lists() == (replace(page, collected=NOW), replace(other, collected=NOW))
