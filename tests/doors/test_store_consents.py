"""What subscribers decide for themselves, and joining, in both databases."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, text, update

from syndication.domain.bounce import BounceFinding, BounceKind, Happened, Rule
from syndication.domain.delivery import MailingKind, Reply, State
from syndication.domain.subscriber import (
    Added,
    Consent,
    NewSubscriber,
    NewSubscribers,
    Preferences,
    Subscriber,
)
from syndication.domain.variant import Variant
from syndication.store.database import Store
from syndication.store.engine import lock
from syndication.store.subscribers.confirmations import Answer, SignupLimits, SignupRequest
from syndication.store.subscribers.suppression import KeptAway
from syndication.store.tables.subscribers import subscribers
from tests.doors.store_samples import (
    DAY,
    HEADERS,
    NOW,
    claim,
    listed,
    minter,
    nothing_is_due,
    planned,
    settled,
    states,
    subscribe,
)

pytest_plugins = ("tests.doors.databases",)

ANN = "ann@small.example"
COMPLAINT, HARD = (
    BounceFinding(BounceKind.COMPLAINT),
    BounceFinding(BounceKind.HARD, "5.1.1", "550 5.1.1 nobody here"),
)
LIMITS = SignupLimits(subscriber=3, apart=timedelta(minutes=5), network=4, block=6, site=0)
ASKED = SignupRequest(
    new=NewSubscriber(email=ANN, language="ko"),
    key="k" * 16,
    hashes=("new-ann", "old-ann"),
    network="here",
    at=NOW,
    mailing="confirm-1",
    headers=HEADERS,
    variant=Variant("ko", "Subject", "", "<p>html</p>", "text"),
    lane="other",
    token_key="abcd",
)


async def subscriber(store: Store, email: str = ANN) -> Subscriber:
    found = await store.subscribers.get(email)
    assert found
    return found


async def test_a_request_queues_a_mail_that_only_who_is_asked_back_can_claim(store: Store) -> None:
    assert await store.confirmations.ask(ASKED, LIMITS) is Answer.MAILED
    ann = await subscriber(store)
    assert (ann.consent, ann.language, ann.key) == (Consent.PENDING, "ko", "k" * 16)
    mailing = await store.editions.mailing("confirm-1")
    assert (mailing.kind, mailing.date) == (MailingKind.CONFIRMATION, NOW.replace(microsecond=0))
    assert await store.confirmations.open() == ("confirm-1",)
    (row,) = [row async for row in store.ledger.recipients("confirm-1")]
    assert (row.email, row.name, row.token_key) == (ANN, "", "abcd")


@pytest.mark.parametrize("consent", [Consent.CONFIRMED, Consent.COMPLAINED])
async def test_who_is_confirmed_or_has_complained_is_not_mailed(store: Store, consent: Consent) -> None:
    await subscribe(store, ANN)
    if consent is Consent.COMPLAINED:
        await came_back(store, ANN, COMPLAINT)
    assert await store.confirmations.ask(ASKED, LIMITS) is Answer.NOTHING
    assert await store.confirmations.open() == ()


@pytest.mark.parametrize("complained", [True, False])
@pytest.mark.parametrize("mark", ASKED.hashes)
async def test_who_complained_is_not_mailed_after_being_erased_either(
    store: Store, mark: str, *, complained: bool
) -> None:
    await subscribe(store, ANN)
    if complained:
        await came_back(store, ANN, COMPLAINT)
    await store.consents.erase(await subscriber(store), mark, at=NOW)
    assert await store.confirmations.ask(ASKED, LIMITS) is (Answer.NOTHING if complained else Answer.MAILED)


async def came_back(store: Store, email: str, finding: BounceFinding) -> None:
    happened = Happened(key=(await subscriber(store, email)).key, sent=NOW, finding=finding, source="mail")
    await store.bounces.take(f"{email} {finding}", "-", happened, Rule(3.0, DAY), now=NOW)


async def asked_for(store: Store, email: str) -> Answer:
    new = replace(ASKED.new, email=email)
    return await store.confirmations.ask(replace(ASKED, new=new, key=email, hashes=(email,)), LIMITS)


async def test_a_complaint_speaks_for_every_address_of_the_mailbox(store: Store) -> None:
    others = {"annette@small.example", "ann+news@big.example", "ann-news@small.example", "bo@small.example"}
    await planned(store, ANN, "Ann+News@small.example", *others)
    await came_back(store, ANN, COMPLAINT)
    assert {row.email for number in "12" for row in (await claim(store, number)).rows} == others
    news = await subscriber(store, "ann+news@small.example")
    (event,) = await store.bounces.of(news.id)
    assert (news.consent, event.why) == (
        Consent.COMPLAINED,
        "complained: another address of the same mailbox did",
    )
    assert not await store.confirmations.confirm(news, "proof", (), at=NOW)
    assert await asked_for(store, "ANN+again@small.example") is Answer.NOTHING
    assert await asked_for(store, "ann-again@small.example") is Answer.MAILED
    assert await taken_in(store, "ann+again@small.example") is Added.COMPLAINED
    assert await taken_in(store, "ann+again@other.example") is Added.ADDED


async def test_a_dead_address_keeps_those_behind_its_plus_from_an_import_until_its_owner_says_yes(
    store: Store,
) -> None:
    await subscribe(store, ANN, "ann+news@small.example")
    await came_back(store, ANN, HARD)
    assert (await subscriber(store, "ann+news@small.example")).consent is Consent.CONFIRMED
    assert await taken_in(store, "ann+again@small.example") is Added.BOUNCED
    assert await asked_for(store, "ann+form@small.example") is Answer.MAILED
    assert await store.confirmations.confirm(await subscriber(store), "proof", (), at=NOW)
    assert await taken_in(store, "ann+again@small.example") is Added.ADDED


async def test_a_dead_address_behind_a_plus_says_nothing_of_the_others(store: Store) -> None:
    await subscribe(store, "ann+news@small.example")
    await came_back(store, "ann+news@small.example", HARD)
    assert await taken_in(store, "ann+news@small.example") is Added.BOUNCED
    assert await taken_in(store, ANN) is Added.ADDED


async def test_who_stands_on_the_list_is_present_though_another_address_of_the_mailbox_was_erased(
    store: Store,
) -> None:
    await subscribe(store, ANN, "ann+news@small.example")
    await store.consents.erase(await subscriber(store, "ann+news@small.example"), "mark", at=NOW)
    assert await taken_in(store, marks=["mark"]) is Added.PRESENT
    assert await taken_in(store, "ann+again@small.example", marks=["mark"]) is Added.ERASED


async def test_a_complaint_counts_before_an_erasure(store: Store) -> None:
    await subscribe(store, ANN, "ann+news@small.example")
    await store.consents.erase(await subscriber(store), "mark", at=NOW)
    await came_back(store, "ann+news@small.example", COMPLAINT)
    assert await taken_in(store, marks=["mark"]) is Added.COMPLAINED
    away = await store.subscribers.kept_away(ANN, ["mark"])
    assert away == KeptAway(Added.COMPLAINED, NOW, hashed=False)
    await store.consents.erase(await subscriber(store, "ann+news@small.example"), "mark", at=NOW + DAY)
    away = await store.subscribers.kept_away(ANN, ["mark"])
    assert away == KeptAway(Added.COMPLAINED, NOW + DAY, hashed=True)
    assert await store.subscribers.kept_away("bo@small.example", ["bo"]) is None


async def test_a_complaint_speaks_also_for_whoever_complained_of_that_mail_before_the_last_yes(
    store: Store,
) -> None:
    await subscribe(store, ANN, "ann+news@small.example")
    await store.confirmations.confirm(await back(store, ANN), "proof", (), at=NOW + DAY)
    await came_back(store, ANN, COMPLAINT)
    assert (await subscriber(store)).consent is Consent.CONFIRMED
    await came_back(store, "ann+news@small.example", COMPLAINT)
    ann = await subscriber(store)
    assert ann.consent is Consent.COMPLAINED
    assert [event.why[:9] for event in await store.bounces.of(ann.id)] == ["no change"]


async def back(store: Store, email: str) -> Subscriber:
    """The subscriber, who has left."""
    await store.subscribers.remove(email, at=NOW)
    return await subscriber(store, email)


async def test_a_complaint_outlives_every_later_erasure_and_yes_of_its_mailbox(store: Store) -> None:
    """Somebody presses the button to be erased twice; another address waits for an answer since before complaints spoke for mailboxes."""
    await subscribe(store, ANN, "ann+news@small.example")
    ann = await subscriber(store)
    await store.consents.erase(ann, "mark", at=NOW)
    await store.consents.erase(ann, "mark", at=NOW)
    await came_back(store, "ann+news@small.example", COMPLAINT)
    news = await subscriber(store, "ann+news@small.example")
    for _ in range(2):
        await store.consents.erase(news, "mark", at=NOW)
    await subscribe(store, "ann+old@small.example")
    old = await back(store, "ann+old@small.example")
    assert await store.confirmations.confirm(old, "proof", ["mark"], at=NOW)
    assert await taken_in(store, marks=["mark"]) is Added.COMPLAINED


async def taken_in(store: Store, email: str = ANN, *, marks: Sequence[str] = ()) -> Added:
    """What becomes of an address in an import, whose mailbox was given these marks."""
    new = NewSubscribers.of(NewSubscriber(email=email, confirmed=NOW))
    (result,) = await store.subscribers.add_many(new, [email], at=NOW, hashes=lambda _: marks)
    return result


async def test_requests_are_limited_by_subscriber_under_every_key_and_by_network(store: Store) -> None:
    async def ask(minutes: float, mark: str = "new-ann", email: str = ANN, network: str = "here") -> Answer:
        new = replace(ASKED.new, email=email)
        at, key = NOW + timedelta(minutes=minutes), f"{minutes:016}"
        marks = (mark, "new-ann") if email == ANN else (email,)
        return await store.confirmations.ask(
            replace(ASKED, new=new, at=at, key=key, hashes=marks, network=network, mailing=f"m{minutes}"),
            LIMITS,
        )

    assert [await ask(0), await ask(4), await ask(6)] == [Answer.MAILED, Answer.NOTHING, Answer.MAILED]
    assert await ask(20, "rotated", network="there") is Answer.MAILED
    assert await ask(26, "rotated", network="there") is Answer.NOTHING  # the fourth of the day
    assert await ask(40, email="bo@small.example") is Answer.MAILED
    assert await ask(41, email="cy@small.example") is Answer.TOO_MANY
    assert await ask(41, email="cy@small.example", network="there") is Answer.MAILED


async def test_a_yes_counts_once_and_lifts_what_kept_the_address_away(store: Store) -> None:
    await subscribe(store, ANN)
    await store.consents.erase(await subscriber(store), "old-ann", at=NOW)
    assert await taken_in(store, marks=["other", "old-ann"]) is Added.ERASED
    assert await store.subscribers.get(ANN) is None
    await store.confirmations.ask(ASKED, LIMITS)
    ann = await subscriber(store)
    assert await store.confirmations.confirm(ann, "proof", ASKED.hashes, at=NOW + DAY)
    assert not await store.confirmations.confirm(ann, "another", ASKED.hashes, at=NOW + 2 * DAY)
    ann = await subscriber(store)
    assert (ann.consent, ann.confirmed, ann.proof) == (Consent.CONFIRMED, NOW + DAY, "proof")
    assert await taken_in(store, marks=["old-ann"]) is Added.PRESENT


@pytest.mark.parametrize("what", ["leaves", "chooses", "confirms"])
async def test_whoever_decides_while_an_import_changes_the_same_subscriber_waits_for_it(
    store: Store, what: str
) -> None:
    """In PostgreSQL two would wait for each other for ever, if the decision took the subscriber's row first and then what a request of the form takes."""
    await subscribe(store, "bo@small.example")
    bo = await (back if what == "confirms" else subscriber)(store, "bo@small.example")
    locked = asyncio.Event()
    told = partial(asyncio.get_running_loop().call_soon_threadsafe, locked.set)
    importing = asyncio.create_task(store.database.write(partial(imported, subscriber=bo.id, told=told)))
    await locked.wait()
    decisions: dict[str, Callable[[], Coroutine[None, None, bool]]] = {
        "leaves": lambda: store.consents.unsubscribe(bo.key, at=NOW),
        "chooses": lambda: store.consents.choose(bo.key, Preferences((), "ko", None), at=NOW),
        "confirms": lambda: store.confirmations.confirm(bo, "proof", (), at=NOW),
    }
    done, asked, _ = await asyncio.gather(
        decisions[what](), store.confirmations.ask(ASKED, LIMITS), importing
    )
    assert (done, asked) == (True, Answer.MAILED)


def imported(connection: Connection, subscriber: int, told: Callable[[], object]) -> None:
    """Change the subscriber as an import does, once the others wait."""
    lock(connection, "subscribers")
    told()
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    while connection.dialect.name == "postgresql" and not connection.execute(waiting).scalar():
        time.sleep(0.01)
    connection.execute(update(subscribers).where(subscribers.c.id == subscriber).values(name="Bo"))


async def test_what_nobody_answered_is_forgotten_and_whoever_answered_stays(store: Store) -> None:
    await subscribe(store, "bo@small.example")
    await store.confirmations.ask(ASKED, LIMITS)
    assert await store.confirmations.sweep(before=NOW) == []
    assert await store.confirmations.sweep(before=NOW + DAY) == ["confirm-1"]
    assert await store.subscribers.get(ANN) is None
    assert await store.subscribers.get("bo@small.example")
    assert await store.confirmations.asked_at(ASKED.hashes) is None
    assert await store.confirmations.open() == ()


async def test_leaving_is_idempotent_and_choosing_is_for_the_confirmed(store: Store) -> None:
    await subscribe(store, ANN)
    key, choice = (await subscriber(store)).key, Preferences(("film",), "ko", NOW + DAY)
    assert await store.consents.choose(key, choice, at=NOW)
    ann = await subscriber(store)
    assert (ann.topics, ann.language, ann.paused) == (("film",), "ko", NOW + DAY)
    assert [await store.consents.unsubscribe(key, at=NOW) for _ in range(2)] == [True, False]
    assert not await store.consents.choose(key, choice, at=NOW)
    assert not await store.consents.unsubscribe("nobody", at=NOW)
    assert await store.consents.subscriber("nobody") is None


async def test_a_subscriber_who_is_erased_while_the_mail_is_on_the_wire_leaves_nothing_in_its_row(
    store: Store,
) -> None:
    await planned(store, ANN)
    batch = await claim(store)
    (row,) = batch.rows
    assert await store.ledger.step(batch, None, row, now=NOW)
    await store.consents.erase(await subscriber(store), "mark", at=NOW)
    refused = settled(row, State.UNKNOWN, Reply(550, f"5.1.1 <{ANN}> is nobody here", "mx"))
    assert await store.ledger.step(batch, refused, None, now=NOW)
    (line,) = await listed(store.ledger.rows("m1"))
    assert (line.state, line.email, line.text, line.code) == (State.UNKNOWN, "", "", 550)
    assert await store.ledger.resend_unknown("m1", now=NOW) == 1
    assert await nothing_is_due(store)  # whatever is asked for, nobody is mailed
    assert await states(store) == {"": State.FAILED}


async def test_an_id_is_never_given_twice_even_when_its_subscriber_was_erased(store: Store) -> None:
    await subscribe(store, ANN)
    before = await subscriber(store)
    await store.consents.erase(before, "m", at=NOW)
    new = NewSubscriber(email="bo@small.example", confirmed=NOW)
    await store.subscribers.add([new], at=NOW, key=minter("k"))
    assert (await subscriber(store, "bo@small.example")).id > before.id


async def test_a_block_of_networks_and_the_whole_site_have_limits_of_their_own(store: Store) -> None:
    async def ask(number: int, limits: SignupLimits, block: str = "block a") -> Answer:
        email = f"r{number}@small.example"
        of = replace(ASKED, new=replace(ASKED.new, email=email), key=f"{number:016}", hashes=(email,))
        return await store.confirmations.ask(replace(of, network=f"n{number}", block=block), limits)

    assert {await ask(number, LIMITS) for number in range(6)} == {Answer.MAILED}
    assert await ask(6, LIMITS) is Answer.TOO_MANY
    assert await ask(7, LIMITS, "block b") is Answer.MAILED
    assert await store.confirmations.mailed(at=NOW) == 7
    assert await ask(8, replace(LIMITS, site=7), "") is Answer.TOO_MANY
    assert await ask(9, replace(LIMITS, site=8), "") is Answer.MAILED
    assert await store.confirmations.mailed(at=NOW + timedelta(hours=1)) == 0


async def test_the_spellings_of_one_mailbox_share_its_limit_but_not_its_consent(store: Store) -> None:
    async def ask(number: int) -> Answer:
        email = f"a{'.' * (number > 0)}nn{number}@small.example"
        of = replace(ASKED, new=replace(ASKED.new, email=email), key=f"{number:016}", hashes=(email,))
        at = NOW + timedelta(minutes=6 * number)
        of = replace(of, at=at, mailing=f"m{number}", network=f"n{number}", spellings=("spelling-ann",))
        return await store.confirmations.ask(of, LIMITS)

    assert [await ask(number) for number in range(4)] == [*[Answer.MAILED] * 3, Answer.NOTHING]
    assert await store.confirmations.asked_at(("ann0@small.example",)) == NOW
    assert await store.confirmations.asked_at(("a.nn3@small.example",)) is None
