"""The list of subscribers."""

from syndication.domain.subscriber import Added, Consent, NewSubscriber
from syndication.store.database import Store
from tests.doors.store_samples import DAY, NOW, addresses, listed, minter, subscribe

pytest_plugins = ("tests.doors.databases",)


def row(email: str, **facts: object) -> NewSubscriber:
    return NewSubscriber(**({"email": email, "confirmed": NOW, "proof": "import b.csv"} | facts))  # type: ignore[arg-type]


async def test_a_subscriber_comes_back_as_added(store: Store) -> None:
    new = row("Ann@Small.example", name="Ann 이", language="ko", topics=("city", "film"))
    assert await store.subscribers.add([new], at=NOW, key=minter("key")) == (Added.ADDED,)
    ann = await store.subscribers.get("ann@small.EXAMPLE")
    assert ann is not None
    assert (ann.email, ann.name, ann.language, ann.topics) == (
        "Ann@Small.example",
        "Ann 이",
        "ko",
        ("city", "film"),
    )
    assert (ann.key, ann.consent, ann.created, ann.confirmed) == ("key1", Consent.CONFIRMED, NOW, NOW)
    assert ann.proof == "import b.csv"


async def test_adding_again_changes_nothing_whatever_the_case(store: Store) -> None:
    await subscribe(store, "ann@small.example", name="Ann", topics=("city",))
    before = await store.subscribers.get("ann@small.example")
    added = await store.subscribers.add(
        [row("ANN@small.example"), row("Ann@SMALL.example")], at=NOW, key=minter("k")
    )
    assert added == (Added.PRESENT, Added.PRESENT)
    assert await store.subscribers.get("ann@small.example") == before


async def test_one_address_twice_in_one_import_is_one_subscriber(store: Store) -> None:
    added = await store.subscribers.add([row("a@b.example"), row("A@b.example")], at=NOW, key=minter("k"))
    assert added == (Added.ADDED, Added.PRESENT)
    assert (await store.subscribers.count())[Consent.CONFIRMED] == 1


async def test_a_second_import_takes_over_what_it_gives(store: Store) -> None:
    await subscribe(store, "ann@small.example", name="Ann", language="en", topics=("city",))
    await store.subscribers.add(
        [row("ann@small.example", name="Ann Lee", topics=("film",))], at=NOW, key=minter("k")
    )
    ann = await store.subscribers.get("ann@small.example")
    assert ann is not None
    assert (ann.name, ann.language, ann.topics, ann.confirmed) == ("Ann Lee", "en", ("film",), NOW - DAY)


async def test_nobody_who_left_is_revived(store: Store) -> None:
    await subscribe(store, "ann@small.example", name="Ann")
    assert await store.subscribers.remove("Ann@small.example", at=NOW)
    assert not await store.subscribers.remove("ann@small.example", at=NOW)
    assert not await store.subscribers.remove("nobody@small.example", at=NOW)
    (added,) = await store.subscribers.add([row("ann@small.example", name="Other")], at=NOW, key=minter("k"))
    assert added is Added.UNSUBSCRIBED
    assert added.refused
    ann = await store.subscribers.get("ann@small.example")
    assert ann is not None
    assert (ann.consent, ann.name) == (Consent.UNSUBSCRIBED, "Ann")


async def test_a_proof_confirms_a_subscriber_who_was_pending(store: Store) -> None:
    await subscribe(store, "ann@small.example", confirmed=None)
    assert (await store.subscribers.count())[Consent.PENDING] == 1
    await store.subscribers.add([row("ann@small.example")], at=NOW, key=minter("k"))
    ann = await store.subscribers.get("ann@small.example")
    assert ann is not None
    assert (ann.consent, ann.confirmed, ann.proof) == (Consent.CONFIRMED, NOW, "import b.csv")


async def test_twenty_thousand_subscribers_are_added_in_sets_and_streamed_in_order(store: Store) -> None:
    everybody = addresses(20_000)
    added = await store.subscribers.add(map(row, everybody), at=NOW, key=minter("k"))
    assert set(added) == {Added.ADDED}
    assert [subscriber.email for subscriber in await listed(store.subscribers.stream())] == everybody
    await store.subscribers.remove(everybody[7], at=NOW)
    gone = await listed(store.subscribers.stream(Consent.UNSUBSCRIBED))
    assert [subscriber.email for subscriber in gone] == [everybody[7]]
    assert await store.subscribers.count() == dict.fromkeys(Consent, 0) | {
        Consent.CONFIRMED: 19_999,
        Consent.UNSUBSCRIBED: 1,
    }


async def test_a_search_finds_confirmed_subscribers_by_a_part_of_the_name_or_the_address(
    store: Store,
) -> None:
    await subscribe(store, "ann@small.example", "bo_b@big.example")
    await subscribe(store, "kim@small.example", name="Ännchen Kim")
    await subscribe(store, "pending@small.example", confirmed=None)

    async def found(text: str, limit: int = 9) -> list[str]:
        return [subscriber.email for subscriber in await store.subscribers.search(text, limit=limit)]

    assert await found(" SMALL ") == ["ann@small.example", "kim@small.example"]
    assert await found("small", 1) == ["ann@small.example"]
    assert await found("nnchen") == ["kim@small.example"]
    assert await found("_") == ["bo_b@big.example"]
    assert await found("%") == []
