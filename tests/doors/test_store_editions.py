"""Freezing an edition: all or nothing, once, with every article in at most one."""

from dataclasses import replace
from datetime import date

import pytest

from syndication.domain.delivery import MailingKind, State
from syndication.domain.frozen import EditionSummary
from syndication.domain.hotlist import HotEntry
from syndication.domain.week import WeekKey
from syndication.errors import StoreError
from syndication.store.database import Store
from tests.doors.store_samples import (
    DAY,
    ENGLISH,
    HEADERS,
    HOT,
    KOREAN,
    MINUTE,
    NOW,
    W47,
    addresses,
    claim,
    collect,
    edition,
    freeze,
    latest,
    listed,
    piece,
    settled,
    states,
    subscribe,
)

pytest_plugins = ("tests.doors.databases",)


async def test_a_frozen_edition_comes_back_as_frozen(store: Store) -> None:
    await collect(store, piece("ferry"), piece("winter"))
    await subscribe(store, "ann@small.example")
    articles = await latest(store, 2, until=NOW)
    at = NOW.replace(microsecond=123456)
    frozen = await freeze(store, edition(articles), at=at)
    assert await store.editions.get(W47) == frozen
    assert (frozen.number, frozen.day, frozen.frozen_at, frozen.date) == (1, date(2026, 11, 23), at, NOW)
    assert (frozen.subject, frozen.page, frozen.mailing) == ("The week", "<html>the week</html>", "m1")
    assert (frozen.hot, frozen.articles) == (HOT, tuple(article.id for article in articles))
    assert (frozen.planned, frozen.published_at) == (1, None)
    assert await store.editions.get(W47.shifted(1)) is None


async def test_a_mailing_keeps_its_headers_and_compiled_variants(store: Store) -> None:
    await collect(store, piece("ferry"))
    await freeze(store, edition(await latest(store, 1, until=NOW)))
    mailing = await store.editions.mailing("m1")
    assert (mailing.kind, mailing.edition, mailing.date) == (MailingKind.DIGEST, W47, NOW)
    assert mailing.headers == HEADERS
    assert mailing.variants == (ENGLISH, KOREAN)
    with pytest.raises(StoreError, match="m9 is not in the store"):
        await store.editions.mailing("m9")


async def test_an_article_of_another_edition_is_refused_and_nothing_is_frozen(store: Store) -> None:
    await collect(store, piece("ferry"), piece("winter"))
    await subscribe(store, "ann@small.example")
    articles = await latest(store, 2, until=NOW)
    await freeze(store, edition(articles[:1]))
    with pytest.raises(StoreError, match="is in another edition"):
        await freeze(store, edition(articles[::-1], W47.shifted(1), 2), mailing="m2")
    assert await store.editions.frozen() == (W47,)
    assert await listed(store.ledger.rows("m2")) == []
    assert await store.articles.unassigned(since=NOW - 9 * DAY, until=NOW) == articles[1:]


async def test_freezing_twice_is_refused(store: Store) -> None:
    await collect(store, piece("ferry"), piece("winter"))
    articles = await latest(store, 2, until=NOW)
    await freeze(store, edition(articles[:1]))
    with pytest.raises(StoreError, match="2026-W47 is frozen already"):
        await freeze(store, edition(articles[1:]), mailing="m2")


async def test_a_failure_in_the_middle_of_freezing_leaves_nothing(store: Store) -> None:
    await collect(store, piece("ferry"))
    await subscribe(store, "ann@small.example")
    made = edition(await latest(store, 1, until=NOW))

    def lanes(domain: str) -> str:
        raise LookupError(domain)

    with pytest.raises(LookupError):
        await freeze(store, made, lanes=lanes)
    assert await store.editions.frozen() == ()
    assert (await freeze(store, made)).planned == 1


async def test_every_confirmed_subscriber_is_planned_as_they_are_now(store: Store) -> None:
    await collect(store, piece("ferry"))
    await subscribe(store, "ann@small.example", name="Ann", language="ko-KR", topics=("city",))
    await subscribe(store, "bob@BIG.example", name="Bob", language="fr")
    await subscribe(store, "pending@small.example", confirmed=None)
    await subscribe(store, "gone@small.example")
    await store.subscribers.remove("gone@small.example", at=NOW)
    assert (await freeze(store, edition(await latest(store, 1, until=NOW)))).planned == 2
    await subscribe(store, "late@small.example")
    batches = {batch.lane: batch for batch in [await claim(store, "t1"), await claim(store, "t2")]}
    assert set(batches) == {"big", "other"}
    (bob,), (ann,) = batches["big"].rows, batches["other"].rows
    assert (ann.email, ann.name, ann.language, ann.topics) == ("ann@small.example", "Ann", "ko", ("city",))
    assert (ann.key, ann.token_key, ann.since, ann.attempts) == (
        "ann@small.example-key-1",
        "abcd",
        NOW - DAY,
        0,
    )
    assert (bob.email, bob.language, bob.topics, bob.deferrals_since) == ("bob@BIG.example", "en", (), None)


async def test_what_was_planned_does_not_change_with_the_subscriber(store: Store) -> None:
    await collect(store, piece("ferry"))
    await subscribe(store, "ann@small.example", name="Ann")
    await freeze(store, edition(await latest(store, 1, until=NOW)))
    ann = await store.subscribers.get("ann@small.example")
    assert ann is not None
    await subscribe(store, "bob@small.example")
    from syndication.domain.subscriber import NewSubscriber

    row = NewSubscriber(email="ann@small.example", name="Other", language="ko")
    await store.subscribers.add([row], at=NOW, key=str)
    (planned,) = (await claim(store)).rows
    assert (planned.name, planned.language) == ("Ann", "en")


async def test_rankings_numbers_and_lines_follow_the_editions(store: Store) -> None:
    await collect(store, *(piece(name) for name in "abc"))
    articles = await latest(store, 3, until=NOW)
    assert await store.editions.number_next(7) == 7
    assert await store.editions.hot_before(W47) is None
    assert await store.editions.first() is None
    empty = replace(edition(articles[:1]), hot=())
    await freeze(store, empty, mailing="m1")
    hot = (HotEntry(1, "Another"),)
    late = replace(edition(articles[1:2], WeekKey(2027, 2), 2), hot=hot)
    await freeze(store, late, mailing="m2")
    assert await store.editions.number_next(7) == 9
    assert await store.editions.hot_before(W47) is None
    assert await store.editions.hot_before(W47.shifted(1)) == ()  # there was one, without a list
    assert await store.editions.hot_before(WeekKey(2027, 3)) == hot
    assert await store.editions.frozen() == (W47, WeekKey(2027, 2))
    assert await store.editions.lines() == (
        EditionSummary(key=WeekKey(2027, 2), number=2, day=date(2026, 11, 23), subject="The week"),
        EditionSummary(key=W47, number=1, day=date(2026, 11, 23), subject="The week"),
    )


async def test_the_first_edition_is_the_one_frozen_first_whatever_its_week(store: Store) -> None:
    await collect(store, *(piece(name) for name in "ab"))
    articles = await latest(store, 2, until=NOW)
    await freeze(store, edition(articles[:1]), mailing="m1")
    await freeze(store, edition(articles[1:], W47.shifted(-2), 2), mailing="m2", at=NOW + DAY)
    assert await store.editions.first() == W47
    assert await store.editions.frozen() == (W47.shifted(-2), W47)


async def test_the_first_publishing_counts(store: Store) -> None:
    await collect(store, piece("ferry"))
    await freeze(store, edition(await latest(store, 1, until=NOW)))
    await store.editions.mark_published(W47, at=NOW + MINUTE)
    await store.editions.mark_published(W47, at=NOW + DAY)
    frozen = await store.editions.get(W47)
    assert frozen is not None
    assert frozen.published_at == NOW + MINUTE


async def test_a_mailing_is_open_as_long_as_a_row_waits_is_held_or_is_unknown(store: Store) -> None:
    await collect(store, piece("ferry"))
    await subscribe(store, "ann@small.example")
    await freeze(store, edition(await latest(store, 1, until=NOW)))
    seen = [await store.editions.open_mailings()]
    batch = await claim(store)
    seen.append(await store.editions.open_mailings())
    (ann,) = batch.rows
    assert await store.ledger.step(batch, None, ann, now=NOW)
    assert await store.ledger.step(batch, settled(ann, State.UNKNOWN), None, now=NOW)
    await store.ledger.finish(batch)
    seen.append(await store.editions.open_mailings())
    await store.ledger.resend("m1", now=NOW, when=lambda _unknowns, since: since)
    batch = await claim(store, "t2")
    assert await store.ledger.step(batch, None, ann, now=NOW)
    assert await store.ledger.step(batch, settled(ann), None, now=NOW)
    await store.ledger.finish(batch)
    assert seen == [("m1",)] * 3
    assert await store.editions.open_mailings() == ()


async def test_a_mailing_of_more_than_one_chunk_reaches_everybody_once(store: Store) -> None:
    await collect(store, piece("ferry"))
    everybody = [*addresses(6000, "big.example"), *addresses(6000)]
    await subscribe(store, *everybody)
    frozen = await freeze(store, edition(await latest(store, 1, until=NOW)))
    assert frozen.planned == len(everybody)
    assert await states(store) == dict.fromkeys(everybody, State.QUEUED)
