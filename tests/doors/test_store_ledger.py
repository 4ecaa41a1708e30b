"""The ledger: nobody lost, nobody mailed twice. Claims, steps, the fence, recovery."""

import asyncio
import shutil
import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, inspect, text

from syndication.domain.delivery import Batch, Counts, Reply, Stage, State
from syndication.errors import StoreError
from syndication.store.database import Store, open_store
from tests.doors.store_samples import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    addresses,
    at_most,
    claim,
    listed,
    nothing_is_due,
    planned,
    settled,
    states,
)

pytest_plugins = ("tests.doors.databases",)


async def test_a_claim_takes_rows_in_order_and_only_once(store: Store) -> None:
    everybody = addresses(7)
    await planned(store, *everybody)
    batches = [await claim(store, f"t{number}", size=3) for number in range(3)]
    assert [row.email for batch in batches for row in batch.rows] == everybody
    assert len({batch.id for batch in batches}) == 3
    assert await nothing_is_due(store)


async def test_nothing_is_claimed_on_a_disk_that_is_nearly_full(
    sqlite_template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    shutil.copyfile(sqlite_template, path)
    full = await open_store(f"sqlite:///{path}", room=2**60)
    await planned(full, "ann@small.example")
    with pytest.raises(StoreError, match="is on a nearly full disk"):
        await claim(full)
    assert await states(full) == {"ann@small.example": State.QUEUED}
    await full.close()
    roomy = await open_store(f"sqlite:///{path}", room=0)
    assert [row.email for row in (await claim(roomy)).rows] == ["ann@small.example"]
    await roomy.close()


async def test_lanes_take_turns(store: Store) -> None:
    await planned(store, *addresses(4, "big.example"), *addresses(4))
    lanes = [(await claim(store, f"t{number}", size=2)).lane for number in range(4)]
    assert sorted(lanes[:2]) == sorted(lanes[2:]) == ["big", "other"]


async def test_two_claims_at_once_never_share_a_row(store: Store) -> None:
    everybody = addresses(60)
    await planned(store, *everybody)
    batches = await asyncio.gather(*(claim(store, f"t{number}", size=10) for number in range(6)))
    assert sorted(row.email for batch in batches for row in batch.rows) == sorted(everybody)


async def test_a_mail_goes_through_dotting_to_sent(store: Store) -> None:
    await planned(store, "ann@small.example")
    batch = await claim(store)
    (ann,) = batch.rows
    assert await states(store) == {ann.email: State.CLAIMED}
    assert await store.ledger.step(batch, None, ann, now=NOW)
    assert await states(store) == {ann.email: State.DOTTING}
    reply = Reply(250, "2.0.0 taken", "mx.small.example")
    assert await store.ledger.step(batch, settled(ann, reply=reply), None, now=NOW + MINUTE)
    (line,) = await listed(store.ledger.rows("m1"))
    assert (line.state, line.attempts, line.unknowns, line.stage) == (State.SENT, 1, 0, Stage.DOT)
    assert (line.code, line.text, line.server, line.at) == (250, reply.text, reply.server, NOW + MINUTE)


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN, State.DOTTING, State.CLAIMED])
async def test_a_row_without_its_mark_cannot_become_sent_or_unknown(store: Store, state: State) -> None:
    await planned(store, "ann@small.example")
    batch = await claim(store)
    assert not await store.ledger.step(batch, settled(batch.rows[0], state), None, now=NOW)
    assert await states(store) == {"ann@small.example": State.CLAIMED}


async def test_a_row_is_settled_once(store: Store) -> None:
    await planned(store, "ann@small.example")
    batch = await claim(store)
    (ann,) = batch.rows
    assert await store.ledger.step(batch, None, ann, now=NOW)
    assert not await store.ledger.step(batch, None, ann, now=NOW)  # a second mark: no second body
    assert await store.ledger.step(batch, settled(ann), None, now=NOW)
    assert not await store.ledger.step(batch, settled(ann, State.FAILED), None, now=NOW)
    assert await states(store) == {ann.email: State.SENT}


async def test_of_two_marks_at_once_one_wins(store: Store) -> None:
    await planned(store, "ann@small.example")
    batch = await claim(store)
    marks = await asyncio.gather(*(store.ledger.step(batch, None, batch.rows[0], now=NOW) for _ in range(5)))
    assert sorted(marks) == [False] * 4 + [True]


async def test_a_result_that_is_not_won_takes_its_mark_along(store: Store) -> None:
    await planned(store, *addresses(2))
    batch = await claim(store)
    one, two = batch.rows
    assert not await store.ledger.step(batch, settled(one), two, now=NOW)
    assert set((await states(store)).values()) == {State.CLAIMED}


async def test_one_that_loses_its_row_does_not_take_the_others_of_its_commit_along(store: Store) -> None:
    await planned(store, *addresses(6))
    batch = await claim(store)
    one, two, three, *rest = batch.rows
    assert await store.ledger.step(batch, None, one, now=NOW)
    stale = replace(batch, token="another")
    won = await asyncio.gather(
        store.ledger.step(batch, settled(one), two, now=NOW),
        store.ledger.step(batch, settled(three), rest[0], now=NOW),  # three was never marked
        store.ledger.step(stale, None, rest[1], now=NOW),
        store.ledger.step(batch, None, rest[2], now=NOW),
    )
    assert list(won) == [True, False, False, True]
    assert list((await states(store)).values()) == [
        State.SENT,
        State.DOTTING,
        State.CLAIMED,
        State.CLAIMED,
        State.CLAIMED,
        State.DOTTING,
    ]


async def test_any_words_of_a_server_can_be_kept(store: Store) -> None:
    await planned(store, "ann@small.example")
    batch = await claim(store)
    words = Reply(550, '5.7.1 "no", it\'s {gone}\\ \0 \udc80 \u00e9 \U0001f600 ' + "x" * 600, "mx'\u00e9")
    assert await store.ledger.step(batch, settled(batch.rows[0], State.FAILED, words), None, now=NOW)
    (line,) = await listed(store.ledger.rows("m1"))
    assert line.text == words.text.replace("\udc80", "?")[:500].replace("\0", "")
    assert line.server == words.server


async def test_steps_of_many_connections_share_a_few_commits(store: Store) -> None:
    await planned(store, *addresses(100))
    batch = await claim(store)
    commits = count_commits(store)
    rows = iter(batch.rows)

    async def connection() -> None:
        done = None
        for row in rows:
            assert await store.ledger.step(batch, done, row, now=NOW)
            done = settled(row)
        assert await store.ledger.step(batch, done, None, now=NOW)

    await asyncio.gather(*(connection() for _ in range(20)))
    assert set((await states(store)).values()) == {State.SENT}
    assert len(commits) <= 20  # 120 steps, five rounds and the last results


def count_commits(store: Store) -> list[Connection]:
    commits: list[Connection] = []
    event.listen(store.database._engine, "commit", commits.append)
    return commits


async def test_a_deferred_row_comes_back_when_it_is_due(store: Store) -> None:
    await planned(store, "ann@small.example")
    batch = await claim(store)
    (ann,) = batch.rows
    assert await store.ledger.next_due("m1") == NOW + MINUTE  # when the lease runs out
    later = settled(ann, State.DEFERRED, Reply(451, "4.7.1 later"), due=NOW + HOUR)
    assert await store.ledger.step(batch, None, ann, now=NOW)
    assert await store.ledger.step(batch, later, None, now=NOW)
    await store.ledger.finish(batch)
    assert await store.ledger.next_due("m1") == NOW + HOUR
    assert await nothing_is_due(store, now=NOW + HOUR - MINUTE)
    again = await claim(store, "t3", now=NOW + HOUR)
    (row,) = again.rows
    assert (row.attempts, row.deferrals_since) == (1, NOW)
    second = settled(row, State.DEFERRED, Reply(421, "busy"), due=NOW + DAY, counted=False)
    assert await store.ledger.step(again, None, row, now=NOW + HOUR)
    assert await store.ledger.step(again, second, None, now=NOW + HOUR)
    (row,) = (await claim(store, "t4", now=NOW + DAY)).rows
    assert (row.attempts, row.deferrals_since) == (1, NOW)


async def test_subscribers_who_left_are_settled_at_the_claim(store: Store) -> None:
    everybody = addresses(5)
    await planned(store, *everybody)
    for email in everybody[:3]:
        await store.subscribers.remove(email, at=NOW)
    batch = await claim(store, size=2)  # the first two have left: it looks on
    assert [row.email for row in batch.rows] == everybody[3:4]
    lines = await listed(store.ledger.rows("m1", [State.FAILED]))
    assert [(line.email, line.stage, line.attempts) for line in lines] == [
        (email, Stage.CONSENT, 0) for email in everybody[:3]
    ]


async def test_finishing_gives_back_what_was_claimed_and_keeps_what_is_dotting(store: Store) -> None:
    await planned(store, *addresses(3))
    batch = await claim(store)
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    await store.ledger.finish(batch)
    assert list((await states(store)).values()) == [State.DOTTING, State.QUEUED, State.QUEUED]
    assert await store.ledger.step(batch, settled(batch.rows[0]), None, now=NOW)  # its answer still counts
    assert not await store.ledger.step(batch, None, batch.rows[1], now=NOW)
    assert [row.email for row in (await claim(store, "t2")).rows] == [row.email for row in batch.rows[1:]]
    assert not await store.ledger.step(batch, None, batch.rows[1], now=NOW)  # claimed again, but not by us


async def test_a_batch_is_found_by_its_number_with_what_is_still_claimed(store: Store) -> None:
    await planned(store, *addresses(3))
    batch = await claim(store)
    assert await store.ledger.step(batch, None, batch.rows[1], now=NOW)
    assert await store.ledger.batch(batch.id) == replace(batch, rows=(batch.rows[0], batch.rows[2]))
    assert await store.ledger.step(batch, settled(batch.rows[1]), None, now=NOW)
    await store.ledger.finish(batch)
    assert await store.ledger.batch(batch.id) is None


async def test_a_stale_token_wins_nothing(store: Store) -> None:
    await planned(store, *addresses(2))
    batch = await claim(store)
    forged = replace(batch, token="another")
    assert not await store.ledger.step(forged, None, batch.rows[0], now=NOW)
    await store.ledger.finish(forged)
    assert set((await states(store)).values()) == {State.CLAIMED}


async def test_a_batch_that_changed_hands_between_two_steps_wins_nothing(store: Store) -> None:
    await planned(store, *addresses(2))
    batch = await claim(store)
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    await store.database.write(lambda connection: connection.execute(text("UPDATE batches SET token = 'x'")))
    assert not await store.ledger.step(batch, None, batch.rows[1], now=NOW)
    assert not await store.ledger.step(batch, settled(batch.rows[0]), None, now=NOW)
    assert list((await states(store)).values()) == [State.DOTTING, State.CLAIMED]


@pytest.mark.parametrize("resend", [True, False])
async def test_recovery_takes_over_and_the_old_owner_loses(store: Store, *, resend: bool) -> None:
    await planned(store, *addresses(3))
    old = await claim(store)
    dotted, claimed, sent = old.rows
    assert await store.ledger.step(old, None, sent, now=NOW)
    assert await store.ledger.step(old, settled(sent), dotted, now=NOW)
    assert await store.ledger.recover("m1", now=NOW + MINUTE, dead="host", resend=resend) == 1
    assert await states(store) == {
        dotted.email: State.QUEUED if resend else State.UNKNOWN,
        claimed.email: State.QUEUED,
        sent.email: State.SENT,
    }
    assert not await store.ledger.step(old, settled(dotted), claimed, now=NOW)
    assert not await store.ledger.step(old, None, claimed, now=NOW)
    new = await claim(store, "t2", now=NOW + MINUTE)
    expected = {claimed.email, dotted.email} if resend else {claimed.email}
    assert {row.email for row in new.rows} == expected
    assert not await store.ledger.step(old, settled(dotted), claimed, now=NOW)
    doubtful = await listed(store.ledger.rows("m1", doubtful=True))
    assert [(line.email, line.unknowns) for line in doubtful] == [(dotted.email, 1)]


async def moves(store: Store) -> set[tuple[str, str]]:
    """Every change of a row's state since the first call, as the database itself saw it."""
    log = "INSERT INTO moves VALUES (OLD.state, NEW.state);"
    sqlite = (f"CREATE TRIGGER moved AFTER UPDATE OF state ON deliveries BEGIN {log} END",)
    postgres = (
        f"CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {log} RETURN NEW; END'",
        "CREATE TRIGGER moved AFTER UPDATE OF state ON deliveries FOR EACH ROW EXECUTE FUNCTION moved()",
    )

    def log_or_read(connection: Connection) -> set[tuple[str, str]]:
        if not inspect(connection).has_table("moves"):
            connection.execute(text("CREATE TABLE moves (before text, after text)"))
            for statement in sqlite if connection.dialect.name == "sqlite" else postgres:
                connection.execute(text(statement))
        return {(row.before, row.after) for row in connection.execute(text("SELECT * FROM moves"))}

    return await store.database.write(log_or_read)


async def test_the_table_of_legal_moves_is_exactly_what_the_ledger_does(store: Store) -> None:
    ledger = store.ledger
    await planned(store, *addresses(10))
    assert await moves(store) == set()
    batch = await claim(store)
    sent, refused, later, left_later, unknown, dotting, nothing, odd, _claimed, left = batch.rows
    results = (
        settled(sent),
        settled(refused, State.FAILED, Reply(550, "5.7.1 not from you")),
        settled(later, State.DEFERRED, Reply(451, "4.2.0 later"), due=NOW + HOUR),
        settled(left_later, State.DEFERRED, Reply(451, "4.2.0 later"), due=NOW + HOUR),
        settled(unknown, State.UNKNOWN),
    )
    for row, result in zip(batch.rows, results, strict=False):
        assert await ledger.step(batch, None, row, now=NOW)
        assert await ledger.step(batch, result, None, now=NOW)
    assert await ledger.step(batch, settled(nothing, State.NO_CONTENT, counted=False), dotting, now=NOW)
    assert await ledger.step(batch, settled(odd, State.FAILED, Reply(0, "no address")), None, now=NOW)
    await ledger.finish(batch)
    for row in (left, left_later):
        await store.subscribers.remove(row.email, at=NOW)
    assert await ledger.recover("m1", now=NOW, dead="host", resend=True) == 1
    await ledger.resend("m1", now=NOW, when=lambda _unknowns, since: since)
    await ledger.retry_failed("m1", now=NOW)
    await claim(store, "t2", now=NOW + HOUR)
    assert await moves(store) == {(one, two) for one in State for two in State if one.may_become(two)}


async def test_unknown_rows_wait_until_their_time_to_be_sent_again(store: Store) -> None:
    await planned(store, *addresses(3))
    batch = await claim(store)
    for number, row in enumerate(batch.rows):
        at = NOW + number * MINUTE
        assert await store.ledger.step(batch, None, row, now=at)
        assert await store.ledger.step(batch, settled(row, State.UNKNOWN), None, now=at)
    await store.ledger.finish(batch)
    assert await store.ledger.recover("m1", now=NOW, dead="host", resend=True) == 0

    def an_hour_later(unknowns: int, since: datetime) -> datetime | None:
        assert unknowns == 1
        return None if since == NOW + 2 * MINUTE else since + HOUR

    assert await store.ledger.resend("m1", now=NOW + HOUR - MINUTE, when=an_hour_later) == NOW + HOUR
    assert set((await states(store)).values()) == {State.UNKNOWN}
    assert await store.ledger.resend("m1", now=NOW + HOUR, when=an_hour_later) == NOW + HOUR + MINUTE
    assert list((await states(store)).values()) == [State.QUEUED, State.UNKNOWN, State.UNKNOWN]
    assert await store.ledger.resend("m1", now=NOW + DAY, when=an_hour_later) is None
    assert list((await states(store)).values()) == [State.QUEUED, State.QUEUED, State.UNKNOWN]


async def test_recovery_leaves_another_host_its_lease_which_steps_renew(store: Store) -> None:
    await planned(store, *addresses(2))
    batch = await claim(store, owner="far/run")
    assert await store.ledger.recover("m1", now=NOW + 59 * MINUTE / 60, dead="host", resend=True) == 0
    assert set((await states(store)).values()) == {State.CLAIMED}
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW + 50 * MINUTE / 60)
    assert await store.ledger.recover("m1", now=NOW + 100 * MINUTE / 60, dead="host", resend=True) == 0
    assert await store.ledger.recover("m1", now=NOW + 2 * MINUTE, dead="host", resend=True) == 1


async def test_counts_tell_our_failures_from_dead_addresses_and_leavers(store: Store) -> None:
    everybody = addresses(10)
    await planned(store, *everybody)
    await store.subscribers.remove(everybody[9], at=NOW)
    batch = await claim(store, size=9)
    sent, dead, policy, sender, unknown, later, nothing, dotting, _ = batch.rows
    for row in (sent, unknown, later, dotting):
        assert await store.ledger.step(batch, None, row, now=NOW)
    for done in (
        settled(sent),
        settled(dead, State.FAILED, Reply(550, "5.1.1 nobody here")),
        settled(policy, State.FAILED, Reply(550, "5.7.1 we do not want it")),
        settled(sender, State.FAILED, Reply(550, "5.1.8 your domain does not exist")),
        settled(unknown, State.UNKNOWN),
        settled(later, State.DEFERRED, Reply(451, "4.2.0 later"), due=NOW + HOUR),
        settled(nothing, State.NO_CONTENT, counted=False),
    ):
        assert await store.ledger.step(batch, done, None, now=NOW)
    assert await nothing_is_due(store)
    assert await store.ledger.counts("m1") == Counts(
        recipients=10,
        queued=2,
        sent=1,
        deferred=1,
        failed=4,
        unknown=1,
        no_content=1,
        failed_for_us=2,
        doubtful=1,
    )


async def test_rows_are_listed_across_pages(store: Store) -> None:
    everybody = addresses(2500)
    await planned(store, *everybody)
    assert [line.email for line in await listed(store.ledger.rows("m1"))] == everybody
    assert await listed(store.ledger.rows("m1", [State.SENT])) == []


async def broken_promises(store: Store) -> None:
    """From now on every change of a delivery is refused, but not before its commit."""
    owe = "INSERT INTO debts VALUES (OLD.subscriber, -1);"
    sqlite = (f"CREATE TRIGGER owing AFTER UPDATE ON deliveries BEGIN {owe} END",)
    postgres = (
        f"CREATE FUNCTION owing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {owe} RETURN NEW; END'",
        "CREATE TRIGGER owing AFTER UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION owing()",
    )
    debts = "CREATE TABLE debts (id bigint PRIMARY KEY, owed bigint REFERENCES debts DEFERRABLE INITIALLY DEFERRED)"

    def prepare(connection: Connection) -> None:
        for statement in (debts, *(sqlite if connection.dialect.name == "sqlite" else postgres)):
            connection.execute(text(statement))

    await store.database.write(prepare)


async def kept_promises(store: Store) -> None:
    def clear(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER owing"))
        else:
            connection.execute(text("DROP FUNCTION owing CASCADE"))
            connection.execute(text("DROP TABLE debts"))

    await store.database.write(clear)


async def test_after_a_failed_commit_nothing_is_marked_and_everyone_is_told(store: Store) -> None:
    await planned(store, *addresses(3))
    batch = await claim(store)
    await broken_promises(store)
    steps = [store.ledger.step(batch, None, row, now=NOW) for row in batch.rows]
    answers = await asyncio.gather(*steps, return_exceptions=True)
    await kept_promises(store)
    assert [type(answer) for answer in answers] == [StoreError] * 3
    assert set((await states(store)).values()) == {State.CLAIMED}
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)


async def test_a_dead_process_is_taken_over_from_while_the_others_of_its_run_go_on(store: Store) -> None:
    await planned(store, *addresses(6))
    batches = [
        await claim(store, owner, owner=owner, size=2)
        for owner in ("host/run/1", "host/run/2", "host/run/20")
    ]
    for batch in batches:
        assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    assert await store.ledger.recover("m1", now=NOW, dead="host/run/2", resend=False) == 1
    dead = {row.email for row in batches[1].rows}
    assert {
        email for email, state in (await states(store)).items() if state in {State.QUEUED, State.UNKNOWN}
    } == dead
    assert await store.ledger.step(batches[2], settled(batches[2].rows[0]), None, now=NOW)
    assert not await store.ledger.step(batches[1], settled(batches[1].rows[0]), None, now=NOW)
    assert await store.ledger.recover("m1", now=NOW, dead="host", resend=False) == 1


async def test_due_rows_are_counted_up_to_a_limit(store: Store) -> None:
    await planned(store, *addresses(5))
    batch = await claim(store, size=1)
    later = settled(batch.rows[0], State.DEFERRED, due=NOW + HOUR)
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    assert await store.ledger.step(batch, later, None, now=NOW)
    assert await store.ledger.due("m1", now=NOW, limit=9) == 4
    assert await store.ledger.due("m1", now=NOW, limit=3) == 3
    assert await store.ledger.due("m2", now=NOW, limit=9) == 0


async def test_two_processes_share_a_mailing_without_a_row_twice(database_url: str) -> None:
    one, other = await open_store(database_url), await open_store(database_url)
    everybody = addresses(40)
    await planned(one, *everybody)
    sent: list[str] = []

    async def send(store: Store, name: str) -> None:
        number = 0
        while isinstance(
            batch := await store.ledger.claim(
                "m1", f"{name}/run", f"{name}{number}", now=NOW, lease=60, plan=at_most(3)
            ),
            Batch,
        ):
            number += 1
            for row in batch.rows:
                if await store.ledger.step(batch, None, row, now=NOW):
                    sent.append(row.email)
                    assert await store.ledger.step(batch, settled(row), None, now=NOW)
            await store.ledger.finish(batch)

    await asyncio.gather(send(one, "one"), send(other, "other"))
    assert sorted(sent) == sorted(everybody)
    await one.close()
    await other.close()


async def test_neither_claims_nor_steps_walk_finished_rows(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "store.db")
    store = await open_store(f"sqlite:///{tmp_path / 'store.db'}")
    await planned(store, *addresses(10))
    statements: list[str] = []

    def remember(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.set_trace_callback(statements.append)

    event.listen(store.database._engine, "checkout", remember)
    batch = await claim(store)
    assert await store.ledger.step(batch, None, batch.rows[0], now=NOW)
    assert await store.ledger.step(batch, settled(batch.rows[0]), batch.rows[1], now=NOW)
    event.remove(store.database._engine, "checkout", remember)
    await store.close()

    database = sqlite3.connect(tmp_path / "store.db")
    asked = [statement for statement in statements if "deliveries" in statement]
    assert len(asked) == 6  # which lanes, which rows, take them; mark; settle, mark
    for statement in asked:
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")]
        walks = [line for line in plan if "SEARCH deliveries" in line or "SCAN deliveries" in line]
        whole = "USING PRIMARY KEY (mailing=? AND subscriber=? AND serial=?)"
        assert all(
            whole in line if statement.startswith("UPDATE") else "deliveries_waiting (" in line
            for line in walks
        )
        assert walks, plan
        if "ORDER BY deliveries.due" in statement:
            assert not any("TEMP B-TREE" in line for line in plan)
    database.close()


async def test_one_subscriber_s_row_is_what_was_planned_whatever_changed_since(store: Store) -> None:
    await planned(store, "ann@small.example", "bob@small.example")
    bob = await store.subscribers.get("bob@small.example")
    assert bob is not None
    row = await store.ledger.recipient("m1", bob.id)
    assert row is not None
    assert (row.email, row.key, row.token_key, row.since) == (bob.email, bob.key, "abcd", bob.confirmed)
    assert await store.ledger.recipient("m1", bob.id + 1) is None
    assert await store.ledger.recipient("m2", bob.id) is None
