"""The hot list from each of its places, all the way into an edition, and what `syndicate hot` tells of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syndication.cli.hot import _explained
from syndication.cli.status import _sources
from syndication.collect.access_log.reading import AccessLog, Question
from syndication.domain.audience import Audience
from syndication.domain.week import WeekKey
from syndication.flows.collecting.collect import collect
from syndication.flows.collecting.health import sources_health
from syndication.flows.desk.editor import discard
from syndication.flows.desk.withdraw import withdraw
from syndication.flows.edition.hot import explain_hot_list
from syndication.flows.site.doctor import check_site
from tests.doors.http_server import HttpServer, Page, http_server
from tests.flows.newsroom import PAGE, Newsroom, article, json_of

WEEK = "2023-W41"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    for day, name in enumerate(("Tram", "Snow", "Rain"), 10):
        url = f"https://harbour.example/{name.lower()}"
        room.write(f"articles/{name}.md", article(name, f"2023-10-{day} 08:00", url=url))
    return room


def line(name: str, visitor: int, at: str = "12/Oct/2023:10:00:00 +0900", status: int = 200) -> str:
    return f'192.0.2.{visitor} - - [{at}] "GET /{name} HTTP/1.1" {status} 99 "-" "{PHONE}"\n'


def with_log(room: Newsroom, *lines: str) -> None:
    room.write("log/access.log", "".join(lines))
    room.configure(more='[hot]\nkind = "access-log"\npath = "log/access.log*"\n')


async def told(room: Newsroom, week: str = WEEK) -> dict[str, Any]:
    async with room.app() as app:
        told: dict[str, Any] = json_of(_explained(await explain_hot_list(app, WeekKey.parse(week))))
        return told


def entries(document: dict[str, Any]) -> list[tuple[str, float | None, int | None]]:
    return [(entry["title"], entry["score"], entry["views"]) for entry in document["entries"]]


async def test_the_readers_of_the_week_rank_its_edition_and_are_told_before_and_after(
    newsroom: Newsroom,
) -> None:
    await newsroom.subscribe("one@readers.example")
    with_log(
        newsroom,
        *(line("rain", visitor) for visitor in (1, 2, 3, 3)),
        *(line("tram", visitor) for visitor in (1, 2)),
        *(line("snow", visitor, at="20/Oct/2023:10:00:00 +0900") for visitor in range(9)),
        line("rain", 9, status=500),
    )
    async with newsroom.app() as app:
        await collect(app)
    before = await told(newsroom)
    assert (before["frozen"], before["kind"], before["against"]) == (None, "access-log", None)
    assert entries(before) == [("Rain", 3.0, 4), ("Tram", 2.0, 2)]
    assert before["log"]["left_out"] == {"status": 1, "another week": 9}
    report = await newsroom.run(WEEK)
    assert (report.hot, report.warnings) == (2, ())
    newsroom.write("log/access.log", "")
    after = await told(newsroom)
    assert after["frozen"] == newsroom.now.isoformat()
    assert {**after, "frozen": None} == before
    (mail,) = newsroom.mails()
    assert b"192.0.2" not in mail


async def test_movement_is_told_against_the_edition_before(newsroom: Newsroom) -> None:
    await newsroom.subscribe("one@readers.example")
    with_log(newsroom, line("tram", 1), line("tram", 2), line("rain", 1))
    await newsroom.run(WEEK)
    newsroom.later(days=7)
    newsroom.write("articles/Fog.md", article("Fog", "2023-10-18 08:00", url="https://harbour.example/fog"))
    at = "18/Oct/2023:10:00:00 +0900"
    with_log(
        newsroom,
        *(line("rain", n, at) for n in (1, 2, 3)),
        line("fog", 1, at),
        line("fog", 2, at),
        line("tram", 1, at),
    )
    await newsroom.run("2023-W42")
    document = await told(newsroom, "2023-W42")
    assert document["against"] == WEEK
    assert [(entry["title"], entry["movement"]) for entry in document["entries"]] == [
        ("Rain", {"trend": "up", "places": 1}),
        ("Fog", {"trend": "new", "places": 0}),
        ("Tram", {"trend": "down", "places": 2}),
    ]


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        (None, "There is no access log"),
        ((), "has no lines of the week that begins at 2023-10-09 00:00. The digest"),
        (("x\n", "y\n"), "No line of the access log can be read"),
        ((line("tram", 1, "01/Sep/2023:10:00:00 +0900"),), "are from 2023-09-01 10:00 to 2023-09-01 10:00"),
        ((line("nothing", 1),), "The access log has no visitor of an article"),
        ((line("tram", 1),) * 12, "Nearly all views in the access log come from one address"),
        ((line("tram", 1).replace("192.0.2.1", "-"),), "The access log has no visitor's address"),
    ],
)
async def test_a_log_that_says_nothing_is_a_warning_and_the_digest_goes_out_without_a_list(
    newsroom: Newsroom, lines: tuple[str, ...] | None, warning: str
) -> None:
    await newsroom.subscribe("one@readers.example")
    with_log(newsroom, *(lines or ()))
    if lines is None:
        (newsroom.folder / "log/access.log").unlink()
    report = await newsroom.run(WEEK)
    assert [warning in said for said in report.warnings] == [True]
    assert "The digest goes out without a hot list." in report.warnings[0]
    assert (report.hot, report.sent) == (0, 1)


async def test_broken_lines_and_a_log_without_user_agents_are_said(newsroom: Newsroom) -> None:
    await newsroom.subscribe("one@readers.example")
    common = line("tram", 1).partition(' "-"')[0] + "\n"
    with_log(newsroom, common, "broken\n")
    report = await newsroom.run(WEEK)
    assert report.hot == 1
    assert "1 of the 2 lines of the access log are broken" in report.warnings[0]
    assert "names no user agents" in report.warnings[1]


class Overheard(AccessLog):
    """The log, and the salts that it was read with."""

    def __init__(self) -> None:
        super().__init__()
        self.salts: list[bytes] = []

    async def audience(
        self, question: Question, *, salt: bytes, progress: Callable[[int, int], None]
    ) -> Audience:
        self.salts.append(salt)
        return await super().audience(question, salt=salt, progress=progress)


async def test_every_reading_of_the_log_has_a_salt_of_its_own(newsroom: Newsroom) -> None:
    with_log(newsroom, line("tram", 1))
    log = Overheard()
    for _ in range(2):
        async with newsroom.app() as app:
            await explain_hot_list(replace(app, hot=replace(app.hot, log=lambda: log)), WeekKey.parse(WEEK))
    assert [len(salt) for salt in log.salts] == [16, 16]
    assert len(set(log.salts)) == 2


MOST_READ = b"<h2>Most read</h2><ol><li><a href='https://harbour.example/snow?utm_source=x'>1Snow</a><li><a href='/else'>2Elsewhere</a></ol>"


def with_page(room: Newsroom, site: HttpServer, more: str = "") -> None:
    room.configure(more=f'[hot]\nkind = "page"\nurl = "{site.url("/")}"\nallow_private = true\n{more}')


async def standing(room: Newsroom) -> dict[str, Any]:
    async with room.app() as app:
        document: dict[str, Any] = json_of(_sources(await sources_health(app)))["hot"]
        return document


async def test_the_list_of_a_page_is_fetched_by_a_run_and_matched(newsroom: Newsroom) -> None:
    await newsroom.subscribe("one@readers.example")
    async with http_server() as site:
        site.pages["/"] = Page(MOST_READ, headers={"Content-Type": "text/html"})
        with_page(newsroom, site)
        report = await newsroom.run(WEEK)
        elsewhere = site.url("/else")
    assert (report.hot, report.warnings) == (2, ())
    hot = await standing(newsroom)
    assert (hot["state"], hot["lines"], hot["error"]) == ("good", 2, None)
    assert hot["said"].endswith(" s, 2 lines")
    document = await told(newsroom)
    assert [(entry["title"], entry["url"], entry["meant"]) for entry in document["entries"]] == [
        ("Snow", "https://harbour.example/snow", "address"),
        ("Elsewhere", elsewhere, "nobody"),
    ]


async def test_a_page_that_fails_leaves_the_weeks_last_list_and_never_an_older_one(
    newsroom: Newsroom,
) -> None:
    await newsroom.subscribe("one@readers.example")
    async with http_server() as site:
        site.pages["/"] = [Page(MOST_READ), Page(status=404)]
        with_page(newsroom, site)
        newsroom.now = datetime(2023, 10, 12, tzinfo=UTC)
        async with newsroom.app() as app:
            await collect(app)
        newsroom.now = datetime(2023, 10, 16, tzinfo=UTC)
        report = await newsroom.run(WEEK)
        assert report.hot == 2
        assert ["answered 404" in said for said in report.warnings] == [True]
        hot = await standing(newsroom)
        assert (hot["state"], hot["failures"], hot["lines"]) == ("failing", 1, 2)
        assert hot["error"].startswith(f"{site.url('/')} answered 404")
        newsroom.later(days=7)
        newsroom.write("articles/Fog.md", article("Fog", "2023-10-18 08:00"))
        report = await newsroom.run("2023-W42")
    assert report.hot == 0
    assert "It has failed since 2023-10-16 09:00, for 7 days." in report.warnings[0]
    assert "was not read in this week. The digest goes out without a hot list." in report.warnings[1]


async def test_a_page_inside_the_network_needs_to_be_allowed(newsroom: Newsroom) -> None:
    async with http_server() as site:
        newsroom.configure(more=f'[hot]\nkind = "page"\nurl = "{site.url("/")}"\n')
        report = await newsroom.run(WEEK)
        assert site.requests == []
    assert "private address" in report.warnings[0]


async def test_a_discarded_edition_tells_what_would_be_again(newsroom: Newsroom) -> None:
    with_log(newsroom, line("tram", 1))
    await newsroom.run(WEEK, send=False)
    async with newsroom.app() as app:
        await discard(app, WeekKey.parse(WEEK))
    with_log(newsroom, line("snow", 1))
    document = await told(newsroom)
    assert (document["frozen"], entries(document)) == (None, [("Snow", 1.0, 1)])


async def test_what_was_withdrawn_is_on_no_list(newsroom: Newsroom) -> None:
    with_log(newsroom, line("tram", 1), line("tram", 2), line("snow", 1))
    await newsroom.run(WEEK)
    async with newsroom.app() as app:
        await withdraw(app, "https://harbour.example/tram", "a mistake")
    assert entries(await told(newsroom)) == [("Snow", 1.0, 1)]


async def test_an_edition_of_an_older_version_shows_its_list_alone(newsroom: Newsroom) -> None:
    with_log(newsroom, line("tram", 1))
    await newsroom.run(WEEK)
    async with newsroom.app() as app:
        await app.store.database.write(
            lambda connection: connection.exec_driver_sql("DELETE FROM hot_accounts")
        )
    document = await told(newsroom)
    assert (document["kind"], entries(document)) == (None, [("Tram", 1.0, None)])
    said = newsroom.syndicate("hot", "--week", WEEK)
    assert said.returncode == 0, said.stderr
    assert "made by an earlier version, which kept no account" in said.stdout


async def test_the_verb_prints_the_list_with_its_numbers_and_their_reasons(newsroom: Newsroom) -> None:
    newsroom.write("articles/page.txt", PAGE)
    with_log(newsroom, line("tram", 1), line("tram", 1), line("snow.css", 1), line("snow", 2))
    async with newsroom.app() as app:
        await collect(app)
    said = newsroom.syndicate("hot", "--week", WEEK)
    assert (said.returncode, said.stdout) == (0, said.stdout)
    for part in (
        "2023-W41: not made yet; a run would make this now",
        "after 2023-10-09 00:00 up to 2023-10-16 00:00; no marks: there is no edition before it",
        "  1. Snow\n     1 visitor, 1 view\n     found by its address\n     https://harbour.example/snow",
        "  2. Tram\n     1 visitor, 2 views",
        "4 lines in 1 file\n           3  views of 2 articles\n           1  styles, scripts, images and feeds",
        "Its lines about articles are of 2023-10-12 10:00 to 2023-10-12 10:00.",
    ):
        assert part in said.stdout
    document = json.loads(newsroom.syndicate("--json", "hot", "--week", WEEK).stdout)
    assert entries(document) == [("Snow", 1.0, 1), ("Tram", 1.0, 2)]
    newsroom.configure(more="")
    said = newsroom.syndicate("hot", "--week", WEEK)
    assert "from the sources' pages, page.txt, on a page of 2023-10-15 21:30" in said.stdout
    assert "no known article has this address or title" in said.stdout


async def checked(room: Newsroom) -> list[tuple[bool, str]]:
    """What the doctor says of the hot list."""
    async with room.app() as app:
        return [
            (check.ok, check.said) for check in await check_site(app, offline=True) if check.name == "hot"
        ]


async def test_the_doctor_looks_for_the_file_or_the_log_of_the_next_edition(newsroom: Newsroom) -> None:
    assert await checked(newsroom) == []
    newsroom.configure(more='[hot]\nkind = "access-log"\npath = "log/access.log*"\n')
    ((ok, said),) = await checked(newsroom)
    assert (ok, "Check [hot] path; * matches" in said) == (False, True)
    newsroom.write("log/access.log.1", line("tram", 1))
    ((ok, said),) = await checked(newsroom)
    assert (ok, said.endswith(f": 1 file of the week {WEEK} can be read")) == (True, True)
    newsroom.write("log/access.log.2.zst", "").write_bytes(b"\x28\xb5\x2f\xfd\x00")
    ((ok, said),) = await checked(newsroom)
    assert (ok, "is packed with zstd. Unpack it" in said) == (False, True)

    newsroom.configure(more='[hot]\nkind = "file"\npath = "hot/{week}.csv"\n')
    ((ok, said),) = await checked(newsroom)
    assert (ok, f"hot/{WEEK}.csv cannot be read: No such file" in said) == (False, True)
    newsroom.write(f"hot/{WEEK}.csv", "title,score\nTram,3\n")
    ((ok, said),) = await checked(newsroom)
    assert (ok, said.endswith(f"hot/{WEEK}.csv: 1 line")) == (True, True)
    await newsroom.run(WEEK)
    ((ok, said),) = await checked(newsroom)
    assert (ok, said.endswith("the week 2023-W42 is still going on")) == (True, True)
