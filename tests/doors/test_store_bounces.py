"""What came back, on both databases: taken once, decided and kept together."""

from dataclasses import replace
from datetime import datetime, timedelta

from syndication.domain.bounce import BounceFinding, BounceKind, Event, Happened, Refusal, Rule
from syndication.domain.delivery import State
from syndication.domain.subscriber import Consent, Subscriber
from syndication.store.database import Store
from syndication.store.subscribers.bounces import REMEMBERED
from tests.doors.store_samples import DAY, NOW, claim, planned, settled, subscribe

pytest_plugins = ("tests.doors.databases",)

RULE = Rule(2.0, timedelta(days=30))
HARD = BounceFinding(BounceKind.HARD, "5.1.1", "550 5.1.1 nobody\0 here")
SOFT = BounceFinding(BounceKind.SOFT, "4.2.2", "452 4.2.2 full")


async def ann(store: Store) -> Subscriber:
    if (found := await store.subscribers.get("ann@example.com")) is None:
        await subscribe(store, "ann@example.com")
        found = await store.subscribers.get("ann@example.com")
    assert found
    return found


async def consent(store: Store) -> Consent:
    return (await ann(store)).consent


def of(subscriber: Subscriber, finding: BounceFinding, sent: int = 0) -> Happened:
    return Happened(key=subscriber.key, sent=NOW + sent * DAY, finding=finding, source="mail")


async def take(store: Store, *happened: Happened, now: datetime) -> list[Event]:
    """Each in a message of its own; what was decided."""
    taken = [await store.bounces.take(f"{now} {each}", "-", each, RULE, now=now) for each in happened]
    return [event for _, event in taken if event]


async def test_a_hard_bounce_suppresses_and_is_explained(store: Store) -> None:
    subscriber = await ann(store)
    new, event = await store.bounces.take("one", "hard", of(subscriber, HARD), RULE, now=NOW + DAY)
    assert new
    assert event == Event(
        at=NOW + DAY,
        sent=NOW,
        kind=BounceKind.HARD,
        status="5.1.1",
        words="550 5.1.1 nobody\0 here",
        source="mail",
        score=0.0,
        why="bounced: there is no such address",
    )
    assert await consent(store) is Consent.BOUNCED
    assert [each.words for each in await store.bounces.of(subscriber.id)] == ["550 5.1.1 nobody here"]


async def test_a_refusal_is_decided_in_the_transaction_that_settles_its_row(store: Store) -> None:
    """That of a step whose row is somebody else's by now says nothing."""
    await planned(store, "ann@example.com", "bo@example.com")
    batch = await claim(store)
    for row in batch.rows:
        assert await store.ledger.step(batch, None, row, now=NOW)
        refused = settled(row, State.FAILED)._replace(refusal=Refusal(HARD, RULE))
        ours = batch if row.email == "ann@example.com" else replace(batch, token="another")
        assert await store.ledger.step(ours, refused, None, now=NOW + DAY) is (ours is batch)
    assert await consent(store) is Consent.BOUNCED
    (event,) = await store.bounces.of((await ann(store)).id)
    assert (event.sent, event.at, event.source, event.status) == (NOW, NOW + DAY, "smtp", "5.1.1")
    bo = await store.subscribers.get("bo@example.com")
    assert bo
    assert (bo.consent, await store.bounces.of(bo.id)) == (Consent.CONFIRMED, ())


async def test_a_refusal_is_decided_also_when_the_next_mail_is_not_won(store: Store) -> None:
    await planned(store, "ann@example.com", "bo@example.com")
    batch = await claim(store)
    first, second = sorted(batch.rows, key=lambda row: row.email)
    assert await store.ledger.step(batch, None, first, now=NOW)
    bo = await store.subscribers.get("bo@example.com")
    assert bo
    await store.consents.erase(bo, "mark", at=NOW)
    refused = settled(first, State.FAILED)._replace(refusal=Refusal(HARD, RULE))
    assert not await store.ledger.step(batch, refused, second, now=NOW + DAY)
    assert await consent(store) is Consent.BOUNCED


async def test_the_same_message_counts_once(store: Store) -> None:
    subscriber = await ann(store)
    assert await store.bounces.take("one", "soft", of(subscriber, SOFT), RULE, now=NOW) != (False, None)
    assert await store.bounces.take("one", "soft", of(subscriber, SOFT, 1), RULE, now=NOW) == (False, None)
    assert await store.bounces.taken() == {"soft": 1}
    assert len(await store.bounces.of(subscriber.id)) == 1


async def test_a_second_bounce_of_the_same_mail_counts_once(store: Store) -> None:
    subscriber = await ann(store)
    await store.bounces.take("one", "soft", of(subscriber, SOFT), RULE, now=NOW)
    assert await store.bounces.take("two", "soft", of(subscriber, SOFT), RULE, now=NOW) == (True, None)
    await take(store, of(subscriber, SOFT), of(subscriber, HARD), now=NOW)
    assert [event.kind for event in await store.bounces.of(subscriber.id)] == [
        BounceKind.HARD,
        BounceKind.SOFT,
    ]


async def test_soft_bounces_add_up_until_the_threshold(store: Store) -> None:
    subscriber = await ann(store)
    decided = await take(store, of(subscriber, SOFT), of(subscriber, SOFT, 1), now=NOW + DAY)
    assert [round(event.score, 2) for event in decided] == [0.98, 1.98]
    assert await consent(store) is Consent.CONFIRMED
    await take(store, of(subscriber, SOFT, 2), now=NOW + 2 * DAY)
    assert await consent(store) is Consent.BOUNCED


async def test_a_new_yes_begins_a_new_count(store: Store) -> None:
    subscriber = await ann(store)
    await take(
        store, of(subscriber, SOFT), of(subscriber, SOFT, 1), of(subscriber, SOFT, 2), now=NOW + 2 * DAY
    )
    assert await consent(store) is Consent.BOUNCED
    assert await store.confirmations.confirm(await ann(store), "web form", (), at=NOW + 3 * DAY)
    (event,) = await take(store, of(subscriber, SOFT, 4), now=NOW + 4 * DAY)
    assert event.score == 1.0
    (late,) = await take(store, of(subscriber, HARD, 2), now=NOW + 4 * DAY)
    assert late.why.startswith("no change: the subscriber said yes after this mail")
    assert await consent(store) is Consent.CONFIRMED


async def test_a_message_about_nobody_is_counted_and_changes_nothing(store: Store) -> None:
    subscriber = await ann(store)
    stranger = Happened(key="nobody", sent=NOW, finding=HARD, source="mail")
    assert await store.bounces.take("one", "hard", stranger, RULE, now=NOW) == (True, None)
    assert await store.bounces.take("two", "forged", None, RULE, now=NOW) == (True, None)
    assert await store.bounces.taken() == {"forged": 1, "hard": 1}
    assert await store.bounces.of(subscriber.id) == ()


async def test_messages_are_forgotten_after_ninety_days(store: Store) -> None:
    await store.bounces.take("one", "forged", None, RULE, now=NOW)
    await store.bounces.take("two", "forged", None, RULE, now=NOW + REMEMBERED + DAY)
    assert await store.bounces.taken() == {"forged": 1}


async def test_an_erased_subscribers_bounces_are_gone(store: Store) -> None:
    subscriber = await ann(store)
    await take(store, of(subscriber, HARD), now=NOW)
    await store.consents.erase(subscriber, "mark", at=NOW)
    assert await store.bounces.of(subscriber.id) == ()
