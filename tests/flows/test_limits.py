"""The site's limits while it sends: failover, pace, days, policy blocks, storms, and what dead runs had in hand."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syndication.cli.status import _status
from syndication.domain.delivery import Batch
from syndication.domain.subscriber import Consent
from syndication.domain.week import WeekKey
from syndication.flows.sending.due import deliver_due
from syndication.flows.site.doctor import check_site
from syndication.flows.site.status import site_status
from syndication.flows.weekly import run_weekly
from tests.doors.ports import free_port
from tests.doors.smtp_server import PIPELINING, Script, Step
from tests.flows.newsroom import PAGE, Newsroom, article, hurried, json_of

SUBSCRIBERS = ("ann@readers.example", "bo@readers.example", "cy@letters.example")
GMAIL = tuple(f"subscriber{number}@gmail.com" for number in range(4))
W41 = "2023-W41"


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*SUBSCRIBERS)
    return room


def smtp(room: Newsroom, server: Script, *lines: str) -> None:
    """Write more keys into [smtp]."""
    room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
    written = f"connections = {room.connections}\n"
    text = room.config.read_text()
    assert written in text
    room.config.write_text(text.replace(written, written + "\n".join(lines) + "\n"))


def servers(room: Newsroom, **weights: int) -> None:
    """Several servers: `p2525=3` is port 2525 with the weight 3."""
    tables = "".join(
        f'[[smtp.servers]]\nurl = "smtp+plain://127.0.0.1:{port[1:]}"\nweight = {weight}\n'
        for port, weight in weights.items()
    )
    text = room.config.read_text().replace(f'url = "{room.smtp}"\n', "")
    room.config.write_text(text + tables)


async def test_a_dead_server_is_left_to_the_others_within_the_same_run(newsroom: Newsroom) -> None:
    dead = free_port()
    async with Script() as alive:
        servers(newsroom, **{f"p{dead}": 9, f"p{alive.port}": 1})
        report = await newsroom.run(W41)
        assert (report.sent, report.incomplete, report.warnings) == (3, False, ())
        async with newsroom.app() as app:
            (paused,) = json_of(_status(await site_status(app, None)))["paused"]
    assert (paused["kind"], paused["name"], paused["reason"]) == ("server", f"127.0.0.1:{dead}", "pause")
    assert "Connect call failed" in paused["words"]
    assert Counter(mail.recipient for mail in alive.taken) == dict.fromkeys(SUBSCRIBERS, 1)


async def test_a_server_that_says_421_loses_its_mail_to_the_other(newsroom: Newsroom) -> None:
    busy = {"mail": [Step("421 4.3.2 shutting down", close=True)] * 9}
    async with Script(busy) as one, Script() as two:
        servers(newsroom, **{f"p{one.port}": 9, f"p{two.port}": 1})
        report = await newsroom.run(W41)
        assert (report.sent + report.deferred, report.queued) == (3, 0)
        assert (len(one.taken), len(two.taken)) == (0, report.sent)
        for minutes in (10, 20, 40):
            newsroom.later(minutes=minutes)
            await newsroom.deliver()
    assert {mail.recipient for mail in (*one.taken, *two.taken)} == set(SUBSCRIBERS)


async def test_a_storm_of_421_after_the_dot_ends_a_run_that_does_not_wait(newsroom: Newsroom) -> None:
    storm = {"dot": [Step("421 4.3.0 not now.", close=True)] * 99}
    async with Script(storm, extensions=(PIPELINING,)) as server:
        newsroom.configure(connections=1)
        smtp(newsroom, server)
        report = await newsroom.run(W41)
    assert (report.sent, report.deferred, report.queued, report.incomplete) == (0, 1, 2, True)
    assert server.connections == 1
    assert list(report.warnings) == [
        f"The mail server 127.0.0.1:{server.port} could not be used: 421 4.3.0 not now."
    ]


async def test_doctor_names_every_mail_server_that_takes_no_mail(newsroom: Newsroom) -> None:
    async with Script() as gone:
        dead = gone.port
    async with Script() as alive, Script({"greeting": [Step("554 5.7.1 not you")]}) as closed:
        servers(newsroom, **{f"p{port}": 1 for port in (dead, alive.port, closed.port)})
        async with newsroom.app() as app:
            (found,) = [check for check in await check_site(app) if check.name == "smtp"]
    assert (found.ok, found.exit_code) == (False, 3)
    assert f"The mail server 127.0.0.1:{dead} cannot be used: " in found.said
    assert f"The mail server 127.0.0.1:{closed.port} cannot be used: 554 5.7.1 not you." in found.said
    assert str(alive.port) not in found.said


def test_one_server_written_in_two_ways_is_refused(newsroom: Newsroom) -> None:
    servers(newsroom, p587=1)
    with newsroom.config.open("a") as file:
        file.write('[[smtp.servers]]\nurl = "smtp://127.0.0.1"\n')
    done = newsroom.syndicate("run", "--weekly")
    assert (done.returncode, "127.0.0.1:587 is named twice" in done.stderr) == (2, True)


async def test_a_run_that_waits_outlasts_a_storm_at_the_servers_pace(newsroom: Newsroom) -> None:
    storm = {"dot": [Step("421 4.3.0 not now", close=True)] * 3}
    async with Script(storm) as server:
        newsroom.configure(connections=2, wait="30h")
        smtp(newsroom, server)
        async with hurried(newsroom, times=2400) as app:
            report = await run_weekly(app, WeekKey.parse(W41))
    assert (report.sent, report.incomplete) == (3, False)
    assert Counter(mail.recipient for mail in server.taken) == dict.fromkeys(SUBSCRIBERS, 1)


async def test_a_rate_is_kept_and_never_ends_a_run(newsroom: Newsroom) -> None:
    await newsroom.subscribe(*(f"subscriber{number}@example.com" for number in range(9)))
    async with Script() as server:
        smtp(newsroom, server, "rate = 5")
        async with hurried(newsroom, times=5) as app:
            began = app.clock()
            report = await run_weekly(app, WeekKey.parse(W41))
            took = app.clock() - began
    assert (report.sent, report.incomplete) == (12, False)
    assert took >= timedelta(seconds=(12 - 5) / 5)


async def test_a_warm_up_says_when_its_day_is_over_and_goes_on_the_next(newsroom: Newsroom) -> None:
    await newsroom.subscribe(*(f"subscriber{number}@example.com" for number in range(5)))
    async with Script() as server:
        smtp(newsroom, server, "per_day = 50", "warm_up = 2")
        first = await newsroom.run(W41)
        assert (first.sent, first.queued, first.incomplete) == (2, 6, True)
        assert list(first.warnings) == [
            f"Today's 2 mails over the mail server 127.0.0.1:{server.port} are out; the other 6 wait until tomorrow 00:00."
        ]
        newsroom.later(hours=1)
        assert [report.sent for report in await newsroom.deliver()] == [0]
        newsroom.later(days=1)
        (second,) = await newsroom.deliver()
        assert (second.sent, second.queued) == (4, 2)
        newsroom.later(days=1)
        assert [report.sent for report in await newsroom.deliver()] == [2]


@pytest.mark.slow
async def test_a_run_that_waits_long_enough_sends_the_next_days_mails(newsroom: Newsroom) -> None:
    async with Script() as server:
        newsroom.configure(wait="48h")
        smtp(newsroom, server, "per_day = 2")
        await newsroom.run(W41, send=False)
        async with hurried(newsroom, times=20_000) as app:
            report = await run_weekly(app, WeekKey.parse(W41))
            assert app.clock() >= datetime(2023, 10, 17, tzinfo=ZoneInfo("Asia/Seoul"))
    assert (report.sent, report.incomplete) == (3, False)


async def test_a_policy_block_pauses_its_providers_lane_and_nobody_else(newsroom: Newsroom) -> None:
    await newsroom.subscribe(*GMAIL)
    refuse = Step("550 5.7.26 this mail is unauthenticated.")
    async with Script({"rcpt": [refuse]}) as server:
        newsroom.configure(connections=1)
        smtp(newsroom, server)
        await newsroom.run(W41, send=False)
        async with newsroom.app() as app:  # its turn is first
            (mailing,) = await app.store.editions.open_mailings()
            await app.store.database.write(
                lambda connection: connection.exec_driver_sql(
                    "UPDATE lanes SET turn = 1 WHERE lane = 'other'"
                )
            )
        (report,) = await newsroom.deliver()
        assert (report.sent, report.deferred, report.queued, report.failed) == (3, 1, 3, 0)
        (warning,) = report.warnings
        assert warning == (
            f"The lane gmail is paused until {pause(newsroom)}, because it refuses our mail: "
            "550 5.7.26 this mail is unauthenticated."
        )
        async with newsroom.app() as app:
            assert [each["said"] for each in json_of(_status(await site_status(app, None)))["paused"]] == [
                warning
            ]
            assert (await app.store.subscribers.count())[Consent.CONFIRMED] == 7
        newsroom.later(minutes=30)
        assert [each.sent for each in await newsroom.deliver()] == [0]
        newsroom.later(hours=2)
        (report,) = await newsroom.deliver()
        assert (report.sent, report.incomplete, report.warnings) == (4, False, ())
    assert mailing.startswith(W41)


async def test_a_paused_lane_that_left_the_configuration_still_says_why_its_mail_waits(
    newsroom: Newsroom,
) -> None:
    await newsroom.subscribe("dee@campus.example", "eve@campus.example")
    refuse = Step("550 5.7.1 not from you")
    async with Script({"rcpt": [refuse]}) as server:
        newsroom.configure(more='[[lanes]]\nname = "campus"\ndomains = ["campus.example"]', connections=1)
        smtp(newsroom, server)
        first = await newsroom.run(W41)
        newsroom.configure(more="")
        (second,) = await newsroom.deliver()
    assert second.incomplete
    assert second.warnings == first.warnings != ()


def pause(room: Newsroom) -> str:
    """The time of the paused lane, in the publication's zone, as the warning has it."""
    with closing(sqlite3.connect(room.folder / "var/syndicate.db")) as connection:
        ((until,),) = connection.execute("SELECT not_before FROM meters WHERE name = 'lane gmail'").fetchall()
    return f"{datetime.fromtimestamp(until / 1e6, UTC).astimezone(ZoneInfo('Asia/Seoul')):%Y-%m-%d %H:%M}"


async def test_a_policy_block_that_stays_fails_for_our_own_reasons_after_days(newsroom: Newsroom) -> None:
    async with Script({"rcpt": [Step("550 5.7.1 listed")] * 99}) as server:
        smtp(newsroom, server)
        report = await newsroom.run(W41)
        assert (report.deferred, report.failed) == (3, 0)
        for _ in range(12):
            newsroom.later(hours=9)
            if report.deferred:
                (report,) = await newsroom.deliver()
    assert (report.failed, report.deferred, report.incomplete) == (3, 0, True)


async def test_the_connections_of_a_run_that_was_killed_are_free_for_the_next_edition(
    newsroom: Newsroom,
) -> None:
    await newsroom.run(W41, send=False)
    async with newsroom.app() as app:
        (mailing,) = await app.store.editions.open_mailings()
        plan = partial(app.delivery.throttle.plan, wanted=4, most=20)
        dead = await app.store.ledger.claim(
            mailing, f"{app.delivery.host}/dead", "t", now=app.clock(), lease=8 * 86_400, plan=plan
        )
        assert isinstance(dead, Batch)
        change = "UPDATE batches SET connections = 4"
        await app.store.database.write(lambda connection: connection.exec_driver_sql(change))
    newsroom.later(days=7)
    newsroom.write("articles/late.md", article("Found in a drawer", "2023-10-17 10:00"))
    report = await newsroom.run("2023-W42")
    assert (report.sent, report.incomplete) == (3, False)
    async with newsroom.app() as app:
        assert await app.store.ledger.mailings_at_work() == []
        assert [each.sent for each in await deliver_due(app, None)] == [3]
