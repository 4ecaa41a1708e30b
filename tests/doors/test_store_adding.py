"""Many subscribers at once."""

from datetime import timedelta

from syndication.domain.subscriber import Added, Consent, NewSubscriber, NewSubscribers
from syndication.store.database import Store
from tests.doors.store_samples import DAY, NOW, addresses, listed, subscribe

pytest_plugins = ("tests.doors.databases",)


def columns(*rows: NewSubscriber) -> NewSubscribers:
    return NewSubscribers(
        emails=[row.email for row in rows],
        names=[row.name for row in rows],
        languages=[row.language for row in rows],
        topics=[row.topics for row in rows],
        confirmed=[row.confirmed or NOW for row in rows],
        proof="import b.csv",
    )


async def take_in(store: Store, *rows: NewSubscriber, erased: tuple[str, ...] = ()) -> list[Added]:
    keys = [f"{number:016}" for number in range(len(rows), 0, -1)]
    return list(
        await store.subscribers.add_many(
            columns(*rows), keys, at=NOW, hashes=lambda email: [f"mark of {email.lower()}", *erased]
        )
    )


async def test_a_row_comes_back_with_all_that_it_said(store: Store) -> None:
    said = NewSubscriber(
        email="Ann@small.example",
        name="Ann 이\0",
        language="ko",
        topics=("city", "film"),
        confirmed=NOW - DAY,
    )
    assert await take_in(store, said) == [Added.ADDED]
    (ann,) = await listed(store.subscribers.stream())
    assert (ann.email, ann.name, ann.language, ann.topics) == (
        "Ann@small.example",
        "Ann 이",
        "ko",
        ("city", "film"),
    )
    assert (ann.consent, ann.created, ann.confirmed) == (Consent.CONFIRMED, NOW, NOW - DAY)
    assert (ann.proof, ann.key) == ("import b.csv", "1".zfill(16))
    assert await store.subscribers.get("ANN@small.example") == ann


async def test_five_thousand_rows_keep_their_order_and_have_a_key_each(store: Store) -> None:
    everybody = addresses(5_000)
    results = await take_in(store, *(NewSubscriber(email=email) for email in everybody))
    assert set(results) == {Added.ADDED}
    subscribers = await listed(store.subscribers.stream())
    assert [subscriber.email for subscriber in subscribers] == everybody
    assert len({subscriber.key for subscriber in subscribers}) == len(everybody)


async def test_among_new_rows_each_of_the_others_is_told_for_what_it_is(store: Store) -> None:
    await subscribe(store, "ann@small.example", name="Ann")
    await subscribe(store, "bo@small.example", "di@small.example")
    await subscribe(store, "cy@small.example", confirmed=None)
    await store.subscribers.remove("bo@small.example", at=NOW)
    di = await store.subscribers.get("di@small.example")
    assert di is not None
    await store.consents.erase(di, "mark of di@small.example", at=NOW)
    results = await take_in(
        store,
        NewSubscriber(email="new@small.example", name="First"),
        NewSubscriber(email="Ann@small.example", name="Ann Lee"),
        NewSubscriber(email="BO@small.example", name="Bo"),
        NewSubscriber(email="cy@small.example"),
        NewSubscriber(email="Di@small.example"),
        NewSubscriber(email="NEW@small.example", name="Second"),
        NewSubscriber(email="ann@small.example", name="Ann"),
    )
    assert results == [
        Added.ADDED,
        Added.PRESENT,
        Added.UNSUBSCRIBED,
        Added.PRESENT,
        Added.ERASED,
        Added.PRESENT,
        Added.PRESENT,
    ]
    known = {subscriber.email: subscriber for subscriber in await listed(store.subscribers.stream())}
    assert {email: (subscriber.consent, subscriber.name) for email, subscriber in known.items()} == {
        "ann@small.example": (Consent.CONFIRMED, "Ann"),  # the last row of an address counts
        "bo@small.example": (Consent.UNSUBSCRIBED, ""),
        "cy@small.example": (Consent.CONFIRMED, ""),
        "new@small.example": (Consent.CONFIRMED, "Second"),
    }


async def test_the_same_rows_again_change_nothing(store: Store) -> None:
    rows = [NewSubscriber(email=email, name="Same", topics=("city",)) for email in addresses(30)]
    await take_in(store, *rows)
    before = await listed(store.subscribers.stream())
    assert set(await take_in(store, *rows)) == {Added.PRESENT}
    again = columns(*rows)
    later = await store.subscribers.add_many(
        again, ["k"] * 30, at=NOW + timedelta(days=9), hashes=lambda _: ()
    )
    assert set(later) == {Added.PRESENT}
    assert await listed(store.subscribers.stream()) == before


async def test_letters_beyond_ascii_are_other_people_and_ascii_case_is_not(store: Store) -> None:
    two = (
        "\u017fam@two.example",
        "sam@two.example",
        "STRAUSS@two.example",
        "strauß@two.example",
        "ﬁn@two.example",
    )
    results = await take_in(store, *(NewSubscriber(email=email) for email in (*two, "Fin@two.example")))
    assert results == [Added.ADDED] * 6
    assert await take_in(store, NewSubscriber(email="SAM@two.example")) == [Added.PRESENT]
    found = await store.subscribers.get("Strauß@two.example")
    assert found is not None
    assert found.email == "strauß@two.example"
