"""The health of sources: in the run's warnings, and in `syndicate status --sources`."""

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndication.cli.main import run
from syndication.cli.status import _sources
from syndication.flows.collecting.collect import run_collect
from syndication.flows.collecting.health import sources_health
from tests.doors.article_pages import article as written
from tests.doors.article_pages import sitemap
from tests.doors.http_server import HttpServer, Page, http_server
from tests.flows.newsroom import Newsroom, article, json_of
from tests.flows.test_content import collected, feed, wire

TWELVE = [f"Tide {number}" for number in range(12)]
EMPTY = "The source wire gave no article, where it used to give 12: check whether its address still leads to them."


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.write("articles/own.md", article("Our own", "2023-10-13 10:00"))
    return room


@pytest.fixture
async def server(newsroom: Newsroom) -> AsyncIterator[HttpServer]:
    async with http_server() as site:
        newsroom.configure(more=wire(site))
        yield site


async def warnings(newsroom: Newsroom) -> list[str]:
    return list((await collected(newsroom)).warnings)


async def standing(newsroom: Newsroom) -> dict[str, dict[str, Any]]:
    async with newsroom.app() as app:
        return {source["name"]: source for source in json_of(_sources(await sources_health(app)))["sources"]}


async def test_a_source_that_gives_nothing_where_it_gave_something_is_a_warning_until_it_is_over(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/feed"] = [
        feed(*TWELVE),
        feed(),
        feed(etag='"empty"'),
        feed(etag='"empty"'),
        feed("Tide 9"),
    ]
    assert await warnings(newsroom) == []
    assert await warnings(newsroom) == [EMPTY]
    assert await warnings(newsroom) == [EMPTY]
    assert await warnings(newsroom) == [EMPTY]
    assert server.statuses[-1] == 304
    wired = (await standing(newsroom))["wire"]
    assert (wired["state"], wired["articles"], wired["usual"]) == ("empty", 0, 12)
    assert [warning for warning in await warnings(newsroom) if "used to" in warning] == [
        EMPTY.replace("no article", "1 article")
    ]
    assert await warnings(newsroom) == []


async def test_an_unchanged_source_is_not_an_empty_one(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/feed"] = feed(*TWELVE, etag='"one"')
    for _ in range(2):
        assert await warnings(newsroom) == []
    assert server.statuses == [200, 304]
    assert (await standing(newsroom))["wire"]["articles"] == 12


async def test_a_new_source_without_articles_is_no_warning(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/feed"] = feed()
    assert await warnings(newsroom) == []
    assert (await standing(newsroom))["wire"]["state"] == "good"


async def test_an_emptied_folder_is_a_warning_too(newsroom: Newsroom) -> None:
    assert await warnings(newsroom) == []
    (newsroom.folder / "articles/own.md").unlink()
    assert await warnings(newsroom) == [
        "The source desk gave no article, where it used to give 1: check whether its address still leads to them."
    ]


SECTION = '[[sources]]\nname = "city"\nkind = "{kind}"\nurl = "{url}"\nallow_private = true\n{more}'


def piece(title: str, etag: str) -> Page:
    html = {"Content-Type": "text/html; charset=utf-8"}
    return Page(written(title, published="2023-10-12T09:00:00+09:00"), headers=html, etag=etag)


async def test_a_sitemap_that_lists_no_article_any_more_is_a_warning_and_a_shorter_one_is_not(
    newsroom: Newsroom, server: HttpServer
) -> None:
    for number in range(9):
        server.pages[f"/{number}"] = piece(f"Tide {number}", etag='"one"')
    listed = [(server.url(f"/{number}"), "") for number in range(9)]
    server.pages["/sitemap.xml"] = [Page(sitemap(*shown)) for shown in (listed, listed, listed[:1], (), ())]
    newsroom.configure(more=SECTION.format(kind="sitemap", url=server.url("/sitemap.xml"), more=""))
    for articles in (9, 9, 1):
        assert await warnings(newsroom) == []
        assert (await standing(newsroom))["city"]["articles"] == articles
    for _ in range(2):
        assert "The source city gave no article, where it used to give 1" in (await warnings(newsroom))[-1]
    city = (await standing(newsroom))["city"]
    assert (city["state"], city["articles"], city["usual"]) == ("empty", 0, 1)


async def test_a_section_whose_pages_are_no_articles_any_more_is_a_warning(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/city"] = Page(b"<h2><a href='/1'>Tide</a></h2>", headers={"Content-Type": "text/html"})
    empty = Page(b"<html><body></body></html>", headers={"Content-Type": "text/html"})
    server.pages["/1"] = [piece("Tide", etag='"one"'), empty]
    newsroom.configure(more=SECTION.format(kind="page", url=server.url("/city"), more='selector = "h2 a"\n'))
    assert await warnings(newsroom) == []
    assert "The source city gave no article, where it used to give 1" in (await warnings(newsroom))[-1]


async def test_a_failure_of_days_is_said_with_its_beginning(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/feed"] = [feed("Tide tables"), Page(b"", 404)]
    assert await warnings(newsroom) == []
    newsroom.now += timedelta(hours=1)
    (first,) = await warnings(newsroom)
    assert first.endswith("answered 404 Answer. Check the source's url.")
    newsroom.now += timedelta(days=3)
    assert await warnings(newsroom) == [f"{first} It has failed since 2023-10-16 18:00, for 3 days."]
    wired = (await standing(newsroom))["wire"]
    assert (wired["state"], wired["articles"], wired["failures"]) == ("failing", 1, 2)
    assert wired["failing_since"] == "2023-10-16T09:00:00+00:00"
    assert wired["collected_at"] == "2023-10-16T08:00:00+00:00"
    assert wired["said"].startswith(
        f"failed since 2023-10-16 18:00, for 3 days, 2 times: {server.url('/feed')} answered"
    )
    assert wired["said"].endswith("Last read 2023-10-16 17:00, 1 article.")

    server.pages["/feed"] = feed("Tide tables")
    assert await warnings(newsroom) == []
    wired = (await standing(newsroom))["wire"]
    assert (wired["state"], wired["failures"], wired["failing_since"], wired["error"]) == (
        "good",
        0,
        None,
        None,
    )


async def test_a_source_says_how_long_it_took(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/feed"] = feed("Tide tables")
    async with newsroom.app() as app:
        clock = iter(newsroom.now + timedelta(seconds=second) for second in range(99))
        await run_collect(replace(app, clock=lambda: next(clock)))
    assert (await standing(newsroom))["wire"]["seconds"] > 0


async def test_a_source_that_is_gone_keeps_the_time_of_its_last_success(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/feed"] = [feed("Tide tables"), Page(status=410)]
    await warnings(newsroom)
    newsroom.now += timedelta(days=1)
    await warnings(newsroom)
    wired = (await standing(newsroom))["wire"]
    assert (wired["state"], wired["collected_at"]) == ("retired", "2023-10-16T08:00:00+00:00")
    assert wired["said"] == "gone (410); last read 2023-10-16 17:00"


def test_status_lists_the_sources(newsroom: Newsroom, capsys: pytest.CaptureFixture[str]) -> None:
    newsroom.configure(more='[[sources]]\nname = "yard"\nkind = "folder"\npath = "yard"\n')
    config = ["--config", str(newsroom.config)]
    assert run([*config, "status", "--sources"]) == 0
    assert capsys.readouterr().out == "desk  new      not collected yet\nyard  new      not collected yet\n"

    shutil.rmtree(newsroom.folder / "yard", ignore_errors=True)
    assert run([*config, "collect"]) == 0
    capsys.readouterr()
    assert run([*config, "status", "--sources"]) == 0
    desk, yard = capsys.readouterr().out.splitlines()
    assert desk.startswith("desk  good     last read 2")
    assert desk.endswith(" s, 1 article")
    assert "yard  failing  failed since 2" in yard
    assert ", 1 time: " in yard
    assert "Never read, 0 articles." in yard

    assert run([*config, "--json", "status", "--sources"]) == 0
    sources = json.loads(capsys.readouterr().out)["sources"]
    assert [(source["name"], source["kind"], source["state"]) for source in sources] == [
        ("desk", "folder", "good"),
        ("yard", "folder", "failing"),
    ]


def test_the_sources_are_not_those_of_one_edition(
    newsroom: Newsroom, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--config", str(newsroom.config), "status", "--sources", "2023-W41"]) == 2
    assert "--sources and KEY exclude each other." in capsys.readouterr().err


async def test_no_password_or_parameter_of_an_address_is_shown(newsroom: Newsroom) -> None:
    newsroom.configure(
        more='[[sources]]\nname = "wire"\nkind = "feed"\nurl = "https://me@wire.invalid/feed?token=5ecret"\n'
    )
    wired = (await standing(newsroom))["wire"]
    assert wired["location"] == "https://wire.invalid/feed"
