"""Sources of pages in a site: from the server to the store, once and again; and a page explained."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndication.cli.main import run
from syndication.flows.collecting.collect import run_collect
from tests.doors.article_pages import article, sitemap
from tests.doors.http_server import HttpServer, Page, http_server
from tests.flows.newsroom import Newsroom

SOURCE = """
[[sources]]
name = "harbour"
kind = "sitemap"
url = "{url}"
limit = 2
allow_private = true
"""


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with http_server() as server:
        yield server


@pytest.fixture
def newsroom(tmp_path: Path, server: HttpServer) -> Newsroom:
    newsroom = Newsroom(tmp_path, now=datetime(2023, 10, 16, 8, tzinfo=UTC))
    newsroom.configure(more=SOURCE.format(url=server.url("/sitemap.xml")))
    return newsroom


def put(server: HttpServer, *days: int) -> None:
    """A piece for each of these days of October, listed with it."""
    for day in days:
        text = article(f"Piece {day}", published=f"2023-10-{day:02}T09:00:00+09:00")
        server.pages[f"/{day}"] = Page(text, headers={"Content-Type": "text/html"})
    rows = sitemap(*((server.url(f"/{day}"), f"2023-10-{day:02}") for day in days))
    server.pages["/sitemap.xml"] = Page(rows)


async def test_pages_are_remembered_from_run_to_run(newsroom: Newsroom, server: HttpServer) -> None:
    put(server, 12, 13)
    async with newsroom.app() as app:
        assert (await run_collect(app)).total == 2
    server.requests.clear()
    async with newsroom.app() as app:
        assert (await run_collect(app)).total == 2
    assert [request.path for request in server.requests] == ["/sitemap.xml"]


async def test_old_pages_that_the_limit_left_for_later_are_never_mailed(
    newsroom: Newsroom, server: HttpServer
) -> None:
    newsroom.write("articles/a.md", "---\ntitle: A\ndate: 2023-10-13\n---\n\nText.\n")
    put(server, 12, 13)
    await newsroom.run()  # an edition: from now on a source has a past
    newsroom.now += timedelta(days=7)
    newsroom.configure(more=SOURCE.format(url=server.url("/sitemap.xml")).replace("harbour", "second"))
    put(server, 2, 3, 18, 19)
    async with newsroom.app() as app:
        first = await run_collect(app)
        assert "2 pages left for the next collect: the source's limit is 2 pages in one." in first.warnings[0]
        await run_collect(app)
        found = await app.store.articles.recent(since=datetime(2023, 10, 1, tzinfo=UTC), until=newsroom.now)
    reasons = {each.title: bool(each.backlog) for each in found if each.source == "second"}
    assert reasons == {"Piece 19": False, "Piece 18": False, "Piece 3": True, "Piece 2": True}


async def explained(newsroom: Newsroom, *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `syndicate collect --explain`, beside the server's loop."""
    out, error = io.StringIO(), io.StringIO()

    def typed() -> int:
        with redirect_stdout(out), redirect_stderr(error):
            return run(["--config", str(newsroom.config), "collect", "--explain", *words])

    return await asyncio.to_thread(typed), out.getvalue(), error.getvalue()


async def test_a_page_is_explained_field_by_field(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/ferry"] = Page(article("The ferry runs at night", author="Mina Han"))
    code, out, error = await explained(newsroom, server.url("/ferry"))
    assert (code, error) == (0, "")
    told = {line.split()[0]: line.split(maxsplit=2)[1:] for line in out.splitlines()}
    assert told["title"] == ["JSON-LD", "The ferry runs at night"]
    assert told["authors"] == ["JSON-LD", "Mina Han"]
    assert told["content"][0] == "trafilatura"
    code, out, _ = await explained(newsroom, server.url("/ferry"), "--json")
    found = json.loads(out)
    assert found["article"] is True
    assert found["fields"]["published"] == {"value": "2026-11-18T09:30:00+09:00", "origin": "JSON-LD"}
    async with newsroom.app() as app:
        assert await app.store.articles.count() == 0


async def test_an_explained_page_meets_the_same_wall_as_a_source(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/ferry"] = Page(article("The ferry runs at night"))
    newsroom.configure(more="")
    code, _, error = await explained(newsroom, server.url("/ferry"))
    assert code == 5
    assert "private address" in error
    code, out, _ = await explained(newsroom, server.url("/ferry"), "--allow-private")
    assert (code, "The ferry runs at night" in out) == (0, True)
