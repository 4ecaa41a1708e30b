"""Section pages with a selector, and article pages alone, from a real server."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from syndication.domain.article import SourceKind
from syndication.errors import CollectError
from tests.doors.article_pages import article
from tests.doors.http_server import Page, http_server
from tests.doors.test_collect_sitemap import Newsroom

SECTION = """<html><body><nav><a href="/about">About</a></nav><main>
<div class="card"><a href="/one">One</a> <a href="/one#comments">3 comments</a></div>
<a href="two?page=1"><h2 class="card">Two</h2></a>
<p class="card">A card without a link</p></main></body></html>"""


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with http_server() as server:
        room = Newsroom(server, tmp_path)
        room.source = replace(
            room.source, kind=SourceKind.PAGE, location=server.url("/city/"), selector=".card", section="City"
        )
        yield room


async def test_a_section_page_gives_the_pages_that_its_selector_picks(room: Newsroom) -> None:
    room.put("/city/", SECTION.encode())
    room.put("/one", article("Piece one"))
    room.put("/city/two?page=1", article("Piece two", articleSection="Harbour"))
    result = await room.collect()
    assert {(each.title, each.section) for each in result.articles} == {
        ("Piece one", "City"),
        ("Piece two", "Harbour"),
    }
    assert room.asked == ["/city/", "/city/two?page=1", "/one"]


async def test_an_unchanged_section_page_still_asks_its_pages_for_edits(room: Newsroom) -> None:
    room.server.pages["/city/"] = Page(SECTION.encode(), etag='"s"')
    room.server.pages["/one"] = Page(article("Piece one"), etag='"1"')
    room.server.pages["/city/two?page=1"] = Page(article("Piece two"), etag='"2"')
    await room.collect()
    again = await room.collect()
    assert (again.unchanged, room.statuses) == (True, [304, 304, 304])
    room.server.pages["/one"] = Page(article("Piece one, corrected"), etag='"1b"')
    assert [each.title for each in (await room.collect()).articles] == ["Piece one, corrected"]


async def test_a_page_that_left_the_section_is_forgotten(room: Newsroom) -> None:
    room.put("/city/", SECTION.encode())
    room.put("/one", article("Piece one"))
    room.put("/city/two?page=1", article("Piece two"))
    await room.collect()
    room.put("/city/", b'<a class="card" href="/three">Three</a>')
    room.put("/three", article("Piece three"))
    result = await room.collect()
    assert [each.title for each in result.articles] == ["Piece three"]
    assert [page.url for page in result.pages] == [room.server.url("/three")]


async def test_a_selector_that_finds_nothing_any_more_is_an_error(room: Newsroom) -> None:
    room.put("/city/", b"<html><body><div class='teaser'><a href='/one'>One</a></div></body></html>")
    with pytest.raises(CollectError, match="The selector finds no link on "):
        await room.collect()


async def test_an_article_page_is_one_article_and_a_second_collect_costs_a_304(room: Newsroom) -> None:
    room.source = replace(room.source, selector="")
    room.server.pages["/city/"] = Page(article("The ferry runs at night"), etag='"1"')
    assert [each.title for each in (await room.collect()).articles] == ["The ferry runs at night"]
    again = await room.collect()
    assert (again.unchanged, room.statuses) == (True, [304])


async def test_a_section_page_without_a_selector_is_not_taken_for_an_article(room: Newsroom) -> None:
    room.source = replace(room.source, selector="")
    room.put("/city/", SECTION.encode())
    with pytest.raises(CollectError) as caught:
        await room.collect()
    assert "/city/ " in caught.value.message
    assert "set selector" in caught.value.hint


async def test_robots_txt_keeps_us_from_pages_that_nobody_asked_for(room: Newsroom) -> None:
    room.put("/city/", SECTION.encode())
    room.put("/one", article("Piece one"))
    room.put("/city/two?page=1", article("Piece two"))
    room.server.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /one\n")
    result = await room.collect()
    assert [each.title for each in result.articles] == ["Piece two"]
    assert "robots.txt" in result.warnings[0]
