"""The published folder over HTTP, as programs that poll and people who browse ask for it."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.doors.readers_site import Served, serve
from tests.flows.newsroom import PAGE, Newsroom

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    room = Newsroom(tmp_path)
    room.write("articles/ferry-bell.txt", PAGE)
    await room.run("2023-W41", send=False)
    async with serve(room) as site:
        yield site


async def got(served: Served, path: str = "rss.xml", method: str = "GET", **headers: str) -> httpx2.Response:
    named = {"Accept-Encoding": "identity"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return await served.client.request(method, f"{served.base}/feeds/{path}", headers=named)


async def test_a_feed_comes_with_all_that_a_polling_reader_needs(served: Served) -> None:
    answer = await got(served)
    assert answer.status_code == 200
    assert answer.content == (served.newsroom.folder / "feeds/rss.xml").read_bytes()
    head = answer.headers
    assert head["content-type"] == "application/rss+xml; charset=utf-8"
    assert head["cache-control"] == "public, max-age=1800"
    assert head["access-control-allow-origin"] == "*"
    assert "ETag" in head["access-control-expose-headers"]
    assert head["x-content-type-options"] == "nosniff"
    assert head["link"] == '<https://news.harbour.example/feeds/rss.xml>; rel="self"'
    assert {each.strip() for each in head["vary"].split(",")} == {"Accept", "Accept-Encoding"}
    assert not head["etag"].startswith("W/")


@pytest.mark.parametrize("asked", ["{}", "W/{}", '"other", {}', "*"])
async def test_who_has_it_gets_304_with_the_headers_that_count(served: Served, asked: str) -> None:
    first = await got(served)
    later = await got(served, If_None_Match=asked.format(first.headers["etag"]))
    assert (later.status_code, later.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "last-modified"):
        assert later.headers[name] == first.headers[name]


async def test_an_etag_goes_before_a_date(served: Served) -> None:
    first = await got(served)
    date = first.headers["last-modified"]
    assert (await got(served, If_Modified_Since=date)).status_code == 304
    assert (await got(served, If_Modified_Since=date, If_None_Match='"other"')).status_code == 200
    assert (await got(served, If_Modified_Since="yesterday")).status_code == 200
    assert (await got(served, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT")).status_code == 200


async def test_gzip_is_another_representation_with_its_own_etag(served: Served) -> None:
    plain = await got(served)
    async with served.client.stream(
        "GET", f"{served.base}/feeds/rss.xml", headers={"Accept-Encoding": "br, gzip;q=0.5"}
    ) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert answer.headers["etag"] != plain.headers["etag"]
    refused = await got(served, Accept_Encoding="gzip;q=0")
    assert "content-encoding" not in refused.headers


async def test_head_says_what_get_would(served: Served) -> None:
    get, head = await got(served), await got(served, method="HEAD")
    assert head.content == b""
    for name in ("etag", "content-length", "content-type", "cache-control"):
        assert head.headers[name] == get.headers[name]


async def test_a_browser_gets_a_feed_as_xml_that_it_shows(served: Served) -> None:
    for path in ("rss.xml", "atom.xml"):
        answer = await got(served, path, Accept=CHROMIUM)
        assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    reader = await got(served, "atom.xml", Accept="application/atom+xml, text/html;q=0.5")
    assert reader.headers["content-type"] == "application/atom+xml; charset=utf-8"


async def test_pages_are_for_everybody_and_for_search_engines(served: Served) -> None:
    answer = await got(served, "archive/2023-W41.html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["x-robots-tag"] == "all"
    front = await served.client.get(f"{served.base}/")
    assert front.headers["location"] == "https://news.harbour.example/feeds/archive/index.html"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "none.xml",
        "archive",
        "rss.xml.gz",
        "../config/syndicate.toml",
        "%2e%2e/var/secret.keys",
        "..%2fvar%2fsecret.keys",
        ".hidden",
        "archive//index.html",
        "a%00b",
        "%5c..%5cvar",
        "x" * 5000,
        "leak.txt",
    ],
)
async def test_nothing_but_the_folders_own_files_is_handed_out(served: Served, path: str) -> None:
    (served.newsroom.folder / "feeds/.hidden").write_text("hidden")
    (served.newsroom.folder / "feeds/leak.txt").symlink_to(served.newsroom.folder / "var/secret.keys")
    answer = await got(served, path)
    assert answer.status_code == 404
    assert (await got(served, "rss.xml", method="POST")).status_code == 405
