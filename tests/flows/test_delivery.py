"""Sending a mailing: servers that are slow, narrow or gone, waiting, doubts, and what an operator is told."""

import asyncio
import socket
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndication.domain.return_path import Returned, read_return, return_tokens
from syndication.domain.week import WeekKey
from syndication.errors import LockedError, SettingsError, StoreError
from syndication.flows.lock import hold
from syndication.flows.sending.due import deliver_due
from syndication.flows.site.status import site_status
from syndication.flows.weekly import run_weekly
from syndication.wiring.mail import introduced
from tests.doors.smtp_server import PIPELINING, Script, Step
from tests.flows.newsroom import PAGE, Newsroom, article, hurried

SUBSCRIBERS = ("ann@readers.example", "bo@readers.example", "cy@letters.example")
W41 = "2023-W41"


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*SUBSCRIBERS)
    return room


def loopback(server: Script) -> str:
    return f"smtp+plain://127.0.0.1:{server.port}"


@pytest.mark.slow
async def test_a_run_stays_to_retry_a_deferred_mail_and_deliver_does_not(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("450 4.2.0 greylisted")] * 6}) as server:
        newsroom.configure(smtp=loopback(server), wait="2h")
        await newsroom.run(W41, send=False)
        async with hurried(newsroom) as app:
            (first,) = await deliver_due(app, None)
            assert (first.sent, first.deferred) == (0, 3)
            newsroom.now = app.clock() + timedelta(minutes=10)
        async with hurried(newsroom, times=600) as app:
            second = await run_weekly(app, WeekKey.parse(W41))
    assert (second.sent, second.incomplete) == (3, False)


@pytest.mark.slow
async def test_a_run_waits_no_longer_than_it_is_told(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("450 4.2.0 greylisted")] * 99}) as server:
        # Tries are after 5 to 6¼ and 15 to 19 minutes.
        newsroom.configure(smtp=loopback(server), wait="14m")
        async with hurried(newsroom, times=150) as app:
            report = await run_weekly(app, WeekKey.parse(W41))
    assert (report.sent, report.deferred, report.incomplete) == (0, 3, True)
    assert Counter(line for line in server.said if line.startswith("RCPT")).total() == 6


async def test_a_run_sends_a_doubtful_mail_again_but_not_at_once(newsroom: Newsroom) -> None:
    async with Script({"dot": [Step("", close=True)]}) as server:
        newsroom.configure(smtp=loopback(server), connections=1, wait="2h")
        async with hurried(newsroom) as app:
            started = app.clock()
            report = await run_weekly(app, WeekKey.parse(W41))
            assert app.clock() - started > timedelta(minutes=5)
    assert (report.sent, report.unknown, report.incomplete) == (3, 1, False)
    assert Counter(mail.recipient for mail in server.dots).most_common(1)[0][1] == 2


async def test_a_server_that_never_answers_a_dot_gets_a_mail_five_times_and_no_more(
    newsroom: Newsroom,
) -> None:
    async with Script({"dot": [Step("", close=True)] * 99}) as server:
        newsroom.configure(smtp=loopback(server), connections=1)
        await newsroom.run(W41)
        for _ in range(12):
            newsroom.later(hours=7)
            reports = await newsroom.deliver()
    assert Counter(mail.recipient for mail in server.dots) == dict.fromkeys(SUBSCRIBERS, 5)
    assert [(report.sent, report.unknown, report.incomplete) for report in reports] == [(0, 3, True)]


async def test_a_server_that_takes_few_connections_still_gets_every_mail(newsroom: Newsroom) -> None:
    lanes = ("gmail.com", "naver.com", "gmx.de", "yahoo.com", "icloud.com", "qq.com")
    await newsroom.subscribe(*(f"{name}@{lane}" for lane in lanes for name in ("dee", "eli")))
    busy = [Step("421 4.7.0 too many connections", close=True)] * 50
    async with Script({"greeting": [Step(), *busy]}) as server:
        newsroom.configure(smtp=loopback(server), connections=2)
        async with hurried(newsroom, times=60) as app:
            report = await run_weekly(app, WeekKey.parse(W41))
    assert (report.sent, report.incomplete, report.warnings) == (15, False, ())


async def test_a_sender_that_the_server_refuses_costs_nobody_the_mail(newsroom: Newsroom) -> None:
    async with Script({"mail": [Step("530 5.7.0 authentication required")] * 3}) as server:
        newsroom.configure(smtp=loopback(server))
        report = await newsroom.run(W41)
        assert (report.deferred, report.failed, report.incomplete) == (3, 0, True)
        newsroom.later(minutes=10)
        assert [each.sent for each in await newsroom.deliver()] == [3]


async def test_a_mail_that_was_announced_but_is_not_ours_any_more_is_not_written(newsroom: Newsroom) -> None:
    script = {"dot": [Step(after=0.4)]}
    async with Script(script, extensions=(PIPELINING,)) as server:
        newsroom.configure(smtp=loopback(server), connections=1)
        await newsroom.run(W41, send=False)
        delivery = asyncio.create_task(newsroom.deliver())
        await server.reached["dot"].wait()
        # Queued again, but not due any more in this century.
        change(
            newsroom,
            f"UPDATE deliveries SET state = 'queued', batch = NULL, due = {10**16} WHERE subscriber = 2",
        )
        await delivery
    assert [mail.recipient for mail in server.dots] == [SUBSCRIBERS[0], SUBSCRIBERS[2]]
    assert [line for line in server.said if line.startswith("RCPT")] == [
        f"RCPT TO:<{each}>" for each in SUBSCRIBERS
    ]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("column", "broken", "fault"),
    [("token_key", "gone", StoreError), ("language", "xx", KeyError)],
    ids=["as foreseen", "unforeseen"],
)
async def test_what_was_sent_is_written_though_the_next_mail_cannot_be_made(
    newsroom: Newsroom, column: str, broken: str, fault: type[Exception]
) -> None:
    async with Script() as server:
        newsroom.configure(smtp=loopback(server), connections=1)
        await newsroom.run(W41, send=False)
        change(newsroom, f"UPDATE deliveries SET {column} = '{broken}' WHERE subscriber = 2")
        with pytest.raises(fault, match=broken):
            await newsroom.deliver()
        assert [mail.recipient for mail in server.taken] == [SUBSCRIBERS[0]]
        whole = f"SELECT {column} FROM deliveries WHERE subscriber = 1"
        change(newsroom, f"UPDATE deliveries SET {column} = ({whole})")
        (report,) = await newsroom.deliver()
    assert (report.sent, report.unknown, len(server.taken)) == (2, 0, 3)


async def test_a_batch_is_given_back_when_its_letters_cannot_be_compiled(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    change(newsroom, "UPDATE mailings SET headers = json_set(headers, '$.timezone', 'Nowhere')")
    with pytest.raises(KeyError, match="Nowhere"):
        await newsroom.deliver()
    with closing(sqlite3.connect(newsroom.folder / "var/syndicate.db")) as connection:
        (states,) = zip(*connection.execute("SELECT state FROM deliveries"), strict=True)
    assert states == ("queued",) * len(SUBSCRIBERS)


def change(room: Newsroom, statement: str) -> None:
    connection = sqlite3.connect(room.folder / "var/syndicate.db")
    with closing(connection), connection:  # a refused statement must not keep the lock
        connection.execute(statement)


def test_a_machine_with_a_bare_name_introduces_itself_by_the_publications_domain() -> None:
    assert introduced("a1b2c3", "harbour.example") == "harbour.example"
    assert introduced("mx.quay.example", "harbour.example") == "mx.quay.example"


async def test_the_server_hears_who_introduces_itself(newsroom: Newsroom) -> None:
    async with Script() as server:
        newsroom.configure(smtp=loopback(server), connections=1)
        await newsroom.run(W41)
    assert server.said[0] == f"EHLO {introduced(socket.gethostname(), 'harbour.example')}"


async def test_an_address_that_cannot_stand_in_a_header_fails_alone(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    change(newsroom, "UPDATE deliveries SET email = 'a@x.example, b@y.example' WHERE subscriber = 2")
    (report,) = await newsroom.deliver()
    assert (report.sent, report.failed, report.incomplete) == (2, 1, True)


async def test_a_site_with_an_international_address_can_be_left(newsroom: Newsroom) -> None:
    text = (
        newsroom.config.read_text()
        .replace("news.harbour.example", "항구.example")
        .replace("[smtp]", 'unsubscribe_mailto = "leave@항구.example"\n\n[smtp]')
    )
    newsroom.config.write_text(text)
    report = await newsroom.run(W41)
    assert (report.sent, report.failed) == (3, 0)
    for mail in newsroom.mails():
        assert b"List-Unsubscribe: <https://xn--2e0bp27e.example/unsubscribe/" in mail
        assert b">, <mailto:leave@xn--2e0bp27e.example?subject=unsubscribe-" in mail


async def test_an_edition_that_another_run_is_sending_does_not_hold_up_the_others(newsroom: Newsroom) -> None:
    await newsroom.run(W41, send=False)
    newsroom.later(days=7)
    newsroom.write("articles/late.md", article("Found in a drawer", "2023-10-17 10:00"))
    await newsroom.run("2023-W42", send=False)
    async with newsroom.app() as app:
        edition = await app.store.editions.get(WeekKey.parse(W41))
    assert edition is not None
    locks = newsroom.folder / "var/locks"

    with hold(locks, f"mailing {edition.mailing}"):
        mine = f"mailing = '{edition.mailing}'"
        change(
            newsroom,
            "UPDATE deliveries SET state = 'sent', due = NULL, settled = 1 "
            f"WHERE {mine} AND subscriber = (SELECT min(subscriber) FROM deliveries WHERE {mine})",
        )  # what the run that holds the lock has sent by now
        first, second = await newsroom.deliver()
        assert (first.edition, first.sent, first.queued, first.incomplete) == (W41, 0, 2, True)
        assert "Another run is at work on mailing 2023-W41" in first.warnings[0]
        assert (second.edition, second.sent, second.incomplete) == ("2023-W42", 3, False)
        with pytest.raises(LockedError):
            await newsroom.deliver()


async def test_every_reader_in_doubt_is_listed_however_many_have_failed(newsroom: Newsroom) -> None:
    await newsroom.subscribe(*(f"subscriber{number}@example.com" for number in range(1_100)))
    await newsroom.run(W41, send=False)
    change(newsroom, "UPDATE deliveries SET state = 'failed', due = NULL, settled = 1")
    change(newsroom, "UPDATE deliveries SET state = 'sent', unknowns = 1 WHERE subscriber > 1000")
    async with newsroom.app() as app:
        (edition,) = (await site_status(app, WeekKey.parse(W41))).editions
    rows = edition.rows or ()
    assert len([row for row in rows if row.unknowns]) == edition.counts.doubtful == 103
    assert len(rows) == 103 + 1_000


async def test_an_international_publication_sends_with_a_labels_in_its_headers(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.config.write_text(
        room.config.read_text().replace("https://harbour.example/", "https://\ud55c\uc625.example/")
    )
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe("ann@readers.example")
    assert (await room.run("2023-W41")).sent == 1
    (mail,) = room.mails()
    assert b"List-Id: <weekly.xn--wk5b71z.example>" in mail


async def test_what_cannot_be_mailed_is_said_before_it_is_frozen(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe("ann@readers.example")
    async with room.app() as app:
        broken = replace(app, mail=replace(app.mail, list_id="two words"))
        with pytest.raises(SettingsError, match="The mail cannot be made"):
            await run_weekly(broken, WeekKey.parse("2023-W41"))
        assert await app.store.editions.frozen() == ()


async def test_with_an_address_for_bounces_each_mail_comes_back_to_one_of_its_own(newsroom: Newsroom) -> None:
    """Also after a resend, and whatever the configuration says by then."""
    async with Script({"dot": [Step("", close=True)]}) as server:
        newsroom.configure(
            smtp=loopback(server), connections=1, more='[bounces]\naddress = "bounces@harbour.example"'
        )
        first = await newsroom.run(W41)
        newsroom.configure(more="")
        newsroom.later(minutes=10)
        await newsroom.deliver()
        assert first.unknown == 1
    async with newsroom.app() as app:
        keyring = app.keyring
        keys = {subscriber.email: subscriber.key async for subscriber in app.store.subscribers.stream()}
    assert len(server.dots) == 4
    assert len({mail.sender for mail in server.dots}) == 3
    for mail in server.dots:
        (token,) = return_tokens("bounces@harbour.example", mail.sender)
        assert read_return(keyring, token) == Returned(
            keys[mail.recipient], datetime(2023, 10, 16, 8, tzinfo=UTC)
        )
