"""The operator's verbs over one edition's deliveries: list them, try failed ones again, send doubtful ones again, fold old ones."""

import csv
import io
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from syndication.cli.closing import ran
from syndication.cli.deliveries import delivery_row
from syndication.cli.main import run
from syndication.cli.status import _status
from syndication.domain.delivery import State
from syndication.domain.week import WeekKey
from syndication.flows.report import Report
from syndication.flows.sending.deliveries import list_deliveries
from syndication.flows.sending.due import deliver_due
from syndication.flows.site.status import site_status
from tests.doors.smtp_server import Script, Step
from tests.flows.newsroom import PAGE, Newsroom, json_of

ANN, BO, CY = SUBSCRIBERS = ("ann@readers.example", "bo@readers.example", "cy@letters.example")
W41 = "2023-W41"
FAILED, UNKNOWN = (State.FAILED,), (State.UNKNOWN,)


@pytest.fixture
async def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path, connections=1)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.subscribe(*SUBSCRIBERS)
    return room


async def first_run(room: Newsroom, moment: str, *steps: Step) -> Report:
    """One subscriber after the other; the server does `steps` at `moment`, then all well."""
    async with Script({moment: list(steps)}) as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        return await room.run(W41)


async def again(
    room: Newsroom, asked: Collection[State], key: str | None = None, offers: Sequence[str] = ()
) -> tuple[list[Report], list[str]]:
    """What `deliver` reports, and who got a mail."""
    async with Script(extensions=offers) as server:
        room.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        async with room.app() as app:
            reports = await deliver_due(app, WeekKey.parse(key) if key else None, asked)
    return reports, [taken.recipient for taken in server.taken]


@pytest.mark.parametrize("moment", ["rcpt", "dot"])
async def test_failed_mails_are_tried_again_on_request_but_not_to_dead_addresses(
    newsroom: Newsroom, moment: str
) -> None:
    report = await first_run(newsroom, moment, Step("550 5.1.1 nobody here"), Step("550 5.2.1 not today"))
    assert (report.sent, report.failed, report.incomplete) == (1, 2, True)

    assert await again(newsroom, ()) == ([], [])
    (report,), mailed = await again(newsroom, FAILED)

    assert len(mailed) == 1
    assert (report.requeued, report.sent, report.failed, report.incomplete) == (1, 1, 1, False)
    (report,), mailed = await again(newsroom, FAILED, W41)
    assert (report.requeued, mailed) == (0, [])


async def test_a_mail_that_wants_smtputf8_is_tried_again_over_a_server_that_offers_it(
    newsroom: Newsroom,
) -> None:
    await newsroom.subscribe("bär@readers.example")
    report = await first_run(newsroom, "rcpt")
    assert (report.sent, report.failed, report.incomplete) == (3, 1, True)

    (report,), mailed = await again(newsroom, FAILED, offers=("SMTPUTF8", "8BITMIME"))

    assert mailed == ["bär@readers.example"]
    assert (report.requeued, report.sent, report.incomplete) == (1, 1, False)


async def test_held_unknown_mails_are_sent_again_on_request_with_the_same_bytes(newsroom: Newsroom) -> None:
    newsroom.configure(wait='0s"\non_unknown = "hold')
    async with Script({"dot": [Step("", close=True)]}) as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        report = await newsroom.run(W41)
        assert (report.sent, report.unknown, report.incomplete) == (2, 1, True)
        doubtful = server.dots[0]
        newsroom.later(days=9)
        assert (await newsroom.deliver())[0].sent == 0  # held for good
        async with newsroom.app() as app:
            (report,) = await deliver_due(app, None, UNKNOWN)
    assert (report.requeued, report.sent, report.unknown, report.incomplete) == (1, 1, 1, False)
    assert server.taken[-1] == doubtful


async def last_line(room: Newsroom, report: Report) -> str:
    """Of the closing screen."""
    async with room.app() as app:
        (*_, line) = ran(app, report).lines
    return line


async def test_when_only_failed_mails_are_left_the_screen_names_the_verb_that_helps(
    newsroom: Newsroom,
) -> None:
    report = await first_run(newsroom, "rcpt", Step("550 5.2.1 not today"))
    assert await last_line(newsroom, report) == (
        "Some subscribers do not have it: `syndicate status 2023-W41` lists them and why; "
        "`syndicate deliver 2023-W41 --retry-failed` tries again what failed."
    )


async def test_when_mails_are_held_in_doubt_the_screen_names_the_verb_that_sends_them(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    newsroom.configure(wait='0s"\non_unknown = "hold')
    report = await first_run(newsroom, "dot", Step("", close=True))
    assert (await last_line(newsroom, report)).endswith(
        "`syndicate deliver 2023-W41 --resend-unknown` sends again what is in doubt."
    )


async def test_without_a_key_failed_mails_of_the_latest_edition_are_meant_and_of_no_older_one(
    newsroom: Newsroom,
) -> None:
    await first_run(newsroom, "rcpt", Step("550 5.2.1 not today"))
    newsroom.write(
        "articles/second.txt", PAGE.replace("2023-10-15", "2023-10-18").replace("Ferry Bell", "A Bell")
    )
    newsroom.later(days=7)
    async with Script() as server:
        newsroom.configure(smtp=f"smtp+plain://127.0.0.1:{server.port}")
        assert (await newsroom.run("2023-W42")).sent == 3

    reports, mailed = await again(newsroom, FAILED)
    assert ([report.edition for report in reports], mailed) == (["2023-W42"], [])
    _, mailed = await again(newsroom, FAILED, W41)
    assert len(mailed) == 1


async def test_deliveries_lists_each_row_with_words_and_times_as_lines_csv_and_json(
    newsroom: Newsroom,
) -> None:
    await first_run(newsroom, "rcpt", Step('550 =5.2.1 "no", thanks'), Step("450 4.2.0 later"))

    everything = json.loads(newsroom.syndicate("deliveries", W41, "--json").stdout)
    assert everything["edition"] == W41
    rows = {row["state"]: row for row in everything["deliveries"]}
    assert {row["email"] for row in everything["deliveries"]} == set(SUBSCRIBERS)
    assert rows["failed"]["reply"] == '550 =5.2.1 "no", thanks'
    assert (rows["failed"]["stage"], rows["failed"]["attempts"]) == ("rcpt", 1)
    assert (
        rows["failed"]["next_attempt"] is rows["failed"]["gives_up"] is rows["sent"]["next_attempt"] is None
    )
    assert "2023-10-16T08:05:00" <= rows["deferred"]["next_attempt"] < "2023-10-16T08:07:00"
    assert rows["deferred"]["gives_up"].startswith("2023-10-20T08:00:00")

    table = list(
        csv.DictReader(
            io.StringIO(newsroom.syndicate("deliveries", W41, "--state", "failed", "--csv").stdout)
        )
    )
    assert [row["reply"] for row in table] == ['550 =5.2.1 "no", thanks']
    assert list(table[0]) == list(rows["failed"])
    lines = newsroom.syndicate(
        "deliveries", W41, "--state", "failed", "--state", "deferred"
    ).stdout.splitlines()
    assert len(lines) == 2
    assert any("450 4.2.0 later" in line and "next 2023-10-16T08:05" in line for line in lines)


def test_deliveries_of_no_edition_or_of_no_state_are_one_sentence(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ((W41,), (W41, "--state", "lost"), ("soon",), (W41, "--csv", "--json")):
        assert run(["--config", str(newsroom.config), "deliveries", *arguments]) == 2, arguments
        out, words = capsys.readouterr()
        assert len(words.splitlines()) == 1
        assert not out or set(json.loads(out)["error"]) == {"code", "message", "hint"}
    assert run(["--config", str(newsroom.config), "--json", "deliveries", W41]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


async def shown(room: Newsroom) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What `status KEY` says of the edition, and what `deliveries KEY` lists."""
    key = WeekKey.parse(W41)
    async with room.app() as app:
        (edition,) = json_of(_status(await site_status(app, key)))["editions"]
        return edition, [delivery_row(line) async for line in list_deliveries(app, key, tuple(State))]


async def test_status_lists_every_failed_row(newsroom: Newsroom) -> None:
    steps = Step("550 5.2.1 not today"), Step("550 5.1.1 nobody"), Step("450 4.2.0 later")
    await first_run(newsroom, "rcpt", *steps)
    edition, _ = await shown(newsroom)
    assert [row["state"] for row in edition["rows"]] == ["failed", "failed", "deferred"]


async def test_settled_mails_fold_into_counts_after_their_time_and_no_address_stays(
    newsroom: Newsroom,
) -> None:
    await first_run(newsroom, "rcpt", Step("550 5.1.1 nobody here"))
    before, _ = await shown(newsroom)
    newsroom.later(days=89)
    await again(newsroom, ())
    assert len((await shown(newsroom))[1]) == 3

    newsroom.later(days=2)
    await again(newsroom, ())
    after, rows = await shown(newsroom)
    assert rows == []
    assert after == before | {"rows": []}
    report = await newsroom.run(W41)
    assert (report.recipients, report.sent, report.failed, report.incomplete) == (3, 0, 1, False)
    assert report.skipped == "2023-W41 is done: nothing was left to send."


async def test_a_run_folds_too_and_only_after_the_time_of_the_configuration(newsroom: Newsroom) -> None:
    newsroom.configure(wait='0s"\nkeep = "2 days')
    await first_run(newsroom, "rcpt")
    newsroom.later(days=1)
    await newsroom.run(W41)
    assert len((await shown(newsroom))[1]) == 3
    newsroom.later(days=2)
    await newsroom.run(W41)
    assert (await shown(newsroom))[1] == []
