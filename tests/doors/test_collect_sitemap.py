"""Sitemaps from a real server, large, nested, broken or in a circle, once and again; and the pages behind them."""

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.limits import FetchLimits
from syndication.collect.source_result import SourceResult
from syndication.domain.article import Source, SourceKind, Validators
from syndication.domain.page import TRIES
from syndication.domain.publication import Publication
from syndication.errors import CollectError
from tests.doors.article_pages import article, index, news_sitemap, sitemap
from tests.doors.http_server import HttpServer, Page, http_server

PUBLICATION = Publication(
    "The Hanok Review",
    "https://hanok.example/",
    "en",
    ZoneInfo("Asia/Seoul"),
    "1 Street",
    "https://f.example/",
    "https://w.example/",
)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECENT, OLD = "2026-11-18", "2026-06-01"
HTML = {"Content-Type": "text/html; charset=utf-8"}


class Newsroom:
    """A server and what one source of it remembers from collect to collect."""

    def __init__(self, server: HttpServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.source = Source("harbour", SourceKind.SITEMAP, server.url("/sitemap.xml"), allow_private=True)
        self.last: SourceResult | None = None
        self.now = NOW

    def put(self, path: str, body: bytes) -> None:
        self.server.pages[path] = Page(body, headers=HTML)

    async def collect(self) -> SourceResult:
        self.server.requests.clear()
        self.server.statuses.clear()
        known = self.last.validators if self.last else Validators()
        async with Fetcher(limits=FetchLimits(first_wait=0.01)) as fetcher:
            collector = Collector(publication=PUBLICATION, media=self.folder, fetcher=fetcher)
            pages = self.last.pages if self.last else ()
            self.last = await collector.collect(self.source, known, now=self.now, pages=pages)
        return self.last

    @property
    def statuses(self) -> list[int]:
        """Without the 404 of robots.txt."""
        return [status for status in self.server.statuses if status != 404]

    @property
    def asked(self) -> list[str]:
        return sorted(request.path for request in self.server.requests if request.path != "/robots.txt")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with http_server() as server:
        yield Newsroom(server, tmp_path)


def three_pages(room: Newsroom, changed: str = RECENT) -> None:
    for name in ("one", "two", "three"):
        room.put(f"/{name}", article(f"Piece {name}"))
    url = room.server.url
    room.put("/sitemap.xml", sitemap((url("/one"), changed), (url("/two"), RECENT), (url("/three"), "")))


async def test_the_pages_of_a_sitemap_are_articles(room: Newsroom) -> None:
    three_pages(room)
    result = await room.collect()
    assert sorted(each.title for each in result.articles) == ["Piece one", "Piece three", "Piece two"]
    (first,) = (each for each in result.articles if each.title == "Piece one")
    assert (first.url, first.published) == (
        room.server.url("/one"),
        datetime(2026, 11, 18, 0, 30, tzinfo=UTC),
    )
    assert "will run through the night" in first.content
    assert "Imprint" not in first.content
    assert result.warnings == ()


async def test_an_unchanged_page_is_not_asked_again_and_a_changed_one_is(room: Newsroom) -> None:
    three_pages(room)
    await room.collect()
    again = await room.collect()
    assert [each.title for each in again.articles] == ["Piece three"]
    assert room.asked == ["/sitemap.xml", "/three"]  # which has no lastmod: the server has to be asked
    three_pages(room, changed="2026-11-19T08:00:00Z")
    room.put("/one", article("Piece one, corrected"))
    third = await room.collect()
    assert [each.title for each in third.articles] == ["Piece one, corrected", "Piece three"]
    assert room.asked == ["/one", "/sitemap.xml", "/three"]


async def test_a_page_without_lastmod_costs_a_304_and_after_four_weeks_nothing(room: Newsroom) -> None:
    room.server.pages["/one"] = Page(article("Piece one"), headers=HTML, etag='"1"')
    room.server.pages["/sitemap.xml"] = Page(sitemap((room.server.url("/one"), "")), etag='"s"')
    await room.collect()
    again = await room.collect()
    assert (room.statuses, again.unchanged) == ([304, 304], True)
    room.now = NOW + timedelta(days=28)
    await room.collect()
    assert room.asked == ["/sitemap.xml"]


async def test_what_was_not_changed_for_four_weeks_is_left_alone_and_counted(room: Newsroom) -> None:
    url = room.server.url
    old = [(url(f"/{number}"), OLD) for number in range(40)]
    room.put("/new", article("New"))
    room.put("/2026/06/01/filed", article("Filed under a day"))
    room.put("/sitemap.xml", sitemap((url("/new"), RECENT), *old, (url("/2026/06/01/filed"), "")))
    result = await room.collect()
    assert room.asked == ["/new", "/sitemap.xml"]
    assert result.notes == ("41 pages not changed for 28 days left alone",)


async def test_the_limit_leaves_the_oldest_for_the_next_collect_and_says_so(room: Newsroom) -> None:
    url = room.server.url
    for day in range(10, 16):
        room.put(f"/{day}", article(f"Piece {day}"))
    room.server.pages["/sitemap.xml"] = Page(
        sitemap(*((url(f"/{day}"), f"2026-11-{day}") for day in range(10, 16))), etag='"s"'
    )
    room.source = replace(room.source, limit=4)
    first = await room.collect()
    assert [each.title for each in first.articles] == ["Piece 15", "Piece 14", "Piece 13", "Piece 12"]
    assert first.warnings == ("2 pages left for the next collect: the source's limit is 4 pages in one.",)
    second = await room.collect()
    assert [each.title for each in second.articles] == ["Piece 11", "Piece 10"]
    third = await room.collect()
    assert (third.unchanged, room.statuses) == (True, [304])


async def test_an_index_that_includes_itself_and_one_file_twice_ends(room: Newsroom) -> None:
    url = room.server.url
    own, inner = (url("/sitemap.xml"), ""), (url("/inner.xml"), "")
    room.put("/sitemap.xml", index(own, inner, inner, (url("/new.xml.gz"), RECENT), (url("/old.xml"), OLD)))
    room.put("/inner.xml", index(own, inner))
    room.put("/new.xml.gz", gzip.compress(sitemap((url("/one"), RECENT))))
    room.put("/one", article("Piece one"))
    result = await room.collect()
    assert [each.title for each in result.articles] == ["Piece one"]
    assert room.asked == ["/inner.xml", "/new.xml.gz", "/one", "/sitemap.xml"]
    assert result.warnings == ()
    await room.collect()
    assert room.asked == ["/inner.xml", "/sitemap.xml"]  # the other's lastmod stands


async def test_a_file_that_fails_costs_only_its_own_pages(room: Newsroom) -> None:
    url = room.server.url
    room.put("/sitemap.xml", index((url("/a.xml"), ""), (url("/b.xml"), "")))
    room.put("/b.xml", sitemap((url("/one"), RECENT)))
    room.put("/one", article("Piece one"))
    result = await room.collect()
    assert [each.title for each in result.articles] == ["Piece one"]
    (warning,) = result.warnings
    assert warning.startswith("1 file of the sitemap could not be read, the first: ")
    assert "/a.xml answered 404" in warning


async def test_a_page_that_fails_is_told_and_left_alone_after_three_collects(room: Newsroom) -> None:
    three_pages(room)
    del room.server.pages["/two"]
    for _ in range(TRIES):
        result = await room.collect()
        (warning,) = result.warnings
        assert warning.startswith("1 page could not be read (asked again, 3 times in all), the first: ")
        assert "/two" in room.asked
    assert (await room.collect()).warnings == ()
    assert "/two" not in room.asked


async def test_a_page_that_is_no_article_is_told_once(room: Newsroom) -> None:
    url = room.server.url
    plain = "<html><head><title>About us</title><meta property='og:type' content='article'></head><body><h1>About us</h1><p>{}</p></body></html>"
    room.put("/", plain.format("Who we are, and have been since we began. " * 20).encode())
    room.put("/about", plain.format("Who we are, and have been since we began. " * 20).encode())
    room.put("/one", article("Piece one"))
    room.put("/sitemap.xml", sitemap((url("/"), ""), (url("/about"), ""), (url("/one"), "")))
    result = await room.collect()
    assert [each.title for each in result.articles] == ["Piece one"]
    assert result.warnings == (
        "2 pages left out because each says nowhere that it is an article, nor when it was published, the first: "
        + url("/"),
    )
    assert (await room.collect()).warnings == ()
    assert room.asked == ["/one", "/sitemap.xml"]


async def test_a_news_sitemap_fills_in_what_the_page_does_not_say(room: Newsroom) -> None:
    url = room.server.url("/one")
    room.put("/sitemap.xml", news_sitemap(url, "The ferry runs at night", "2026-11-19T07:15+09:00", "ko"))
    text = "".join(f"<p>{'The ferry runs at night from December, the port says. ' * 5}</p>" for _ in range(3))
    room.put("/one", f"<html><body><article>{text}</article></body></html>".encode())
    (piece,) = (await room.collect()).articles
    assert (piece.title, piece.language) == ("The ferry runs at night", "ko")
    assert piece.published == datetime(2026, 11, 18, 22, 15, tzinfo=UTC)


async def test_pages_of_another_site_are_left_out_and_counted(room: Newsroom) -> None:
    room.put("/one", article("Piece one"))
    room.put("/sitemap.xml", sitemap((room.server.url("/one"), ""), ("https://elsewhere.example/x", "")))
    result = await room.collect()
    assert len(result.articles) == 1
    assert result.warnings == (
        f"1 page of another site is listed in {room.server.url('/sitemap.xml')}; left out.",
    )


async def test_one_canonical_address_for_every_page_does_not_make_them_one_article(room: Newsroom) -> None:
    url = room.server.url
    same = f"<link rel='canonical' href='{url('/section')}'>"
    front = f"<link rel='canonical' href='{url('/')}'>"
    pages = (("/one", same), ("/two", same), ("/three", front))
    for path, head in pages:
        room.put(path, article(f"Piece {path}", head=head))
    room.put("/sitemap.xml", sitemap(*((url(path), "") for path, _ in pages)))
    result = await room.collect()
    assert {each.url for each in result.articles} == {url(path) for path, _ in pages}


async def test_a_sitemap_may_be_lines_of_text(room: Newsroom) -> None:
    room.put("/one", article("Piece one"))
    room.put("/sitemap.xml", f"\n{room.server.url('/one')}\r\nnot an address\n".encode())
    assert [each.title for each in (await room.collect()).articles] == ["Piece one"]


async def test_a_cut_off_sitemap_is_read_as_far_as_it_goes(room: Newsroom) -> None:
    room.put("/one", article("Piece one"))
    whole = sitemap((room.server.url("/one"), ""), (room.server.url("/two"), ""))
    room.put("/sitemap.xml", whole[: whole.index(b"/two")])
    result = await room.collect()
    assert "Piece one" in [each.title for each in result.articles]
    assert any("was only read in part: line 1: " in warning for warning in result.warnings)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Not found</body></html>", "is not a sitemap"),
        (b"", "is not a sitemap"),
        (
            b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>',
            "declares XML entities",
        ),
        (b"<urlset>" + b"<url>" * 300, "nests deeper than 256"),
        (b"\x1f\x8b broken", "is not a complete gzip file"),
        pytest.param(gzip.compress(bytes(20 * 2**20)), "more than 10 MB", id="bomb"),
    ],
)
async def test_what_is_no_sitemap_is_an_error_of_the_source(room: Newsroom, body: bytes, said: str) -> None:
    room.put("/sitemap.xml", body)
    with pytest.raises(CollectError, match=rf"Source 'harbour': .*{said}"):
        await room.collect()


async def test_when_no_page_can_be_read_the_source_has_failed(room: Newsroom) -> None:
    room.put("/sitemap.xml", sitemap((room.server.url("/one"), ""), (room.server.url("/two"), "")))
    with pytest.raises(CollectError, match=r"None of its 2 pages could be read: .* answered 404"):
        await room.collect()


async def test_an_empty_sitemap_is_told(room: Newsroom) -> None:
    room.put("/sitemap.xml", sitemap())
    assert (await room.collect()).warnings == (
        f"{room.server.url('/sitemap.xml')} lists no page of its site.",
    )


async def test_a_gone_sitemap_retires_its_source(room: Newsroom) -> None:
    room.server.pages["/sitemap.xml"] = Page(status=410)
    assert (await room.collect()).retired


async def test_a_sitemap_with_more_pages_than_it_may_have_is_told(room: Newsroom) -> None:
    room.put("/new", article("New"))
    rows = b"<url><loc>/x</loc><lastmod>2020</lastmod></url>" * 50_000
    room.put("/sitemap.xml", b"<urlset><url><loc>/new</loc></url>" + rows + b"</urlset>")
    result = await room.collect()
    assert [each.title for each in result.articles] == ["New"]
    assert any(
        warning.endswith("was only read in part: it lists more than 50,000.") for warning in result.warnings
    )
