"""The published folder over real HTTP: conditions, codings, types, caches, and what is not there."""

import asyncio
import gzip
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from anyio import to_thread

from syndication.domain.published import TTL
from syndication.flows.desk.withdraw import restore, withdraw
from tests.doors.published_site import BROWSER, Answer, Published, ask, published
from tests.doors.smtp_server import comes
from tests.flows.newsroom import Newsroom, article
from tests.flows.test_content import PIXEL

GZIP = "gzip, deflate, br"
HUB = "https://hub.example/"
SLUG = "a-lamp-for-the-pier"
ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that has published an article with an image, made once."""
    room = Newsroom(tmp_path_factory.mktemp("made"))
    (room.folder / "articles/lamp.png").write_bytes(PIXEL)
    text = "It is lit.\n\n![A lamp](lamp.png)"
    room.write("articles/lamp.md", article("A lamp for the pier", "2023-10-12 10:00", text, section="도시"))
    asyncio.run(room.run("2023-W41"))
    return room.folder


@pytest.fixture
def newsroom(made: Path, tmp_path: Path) -> Newsroom:
    shutil.copytree(made, tmp_path / "site")
    return Newsroom(tmp_path / "site", more=f'[feeds]\nhubs = ["{HUB}"]\n')


@pytest.fixture
async def site(newsroom: Newsroom) -> AsyncIterator[Published]:
    async with published(newsroom) as served:
        yield served


async def test_a_feed_says_what_it_is_how_long_it_holds_and_where_its_hub_is(site: Published) -> None:
    found = await site.get("rss.xml")
    assert (found.status, found.body) == (200, (site.folder / "rss.xml").read_bytes())
    expected = ALWAYS | {
        "Content-Type": "application/rss+xml",
        "Content-Length": str(len(found.body)),
        "Cache-Control": f"public, max-age={TTL * 60}",
        "Vary": "Accept, Accept-Encoding",
        "Link": f'<{HUB}>; rel="hub", <https://news.harbour.example/feeds/rss.xml>; rel="self"',
    }
    assert {name: found.headers[name] for name in expected} == expected
    assert f"<ttl>{TTL}</ttl>".encode() in found.body
    assert 900 <= TTL * 60 <= 3600
    assert {"ETag", "Link", "Last-Modified"} <= set(
        found.headers["Access-Control-Expose-Headers"].split(", ")
    )
    for name, media_type in (("atom.xml", "application/atom+xml"), ("feed.json", "application/feed+json")):
        assert (await site.get(name)).headers["Content-Type"] == media_type


async def test_the_tag_is_of_the_bytes_and_stays_when_the_same_bytes_are_written_again(
    site: Published,
) -> None:
    before = (await site.get("rss.xml")).headers["ETag"]
    assert before.startswith('"')
    file, data = site.folder / "rss.xml", (site.folder / "rss.xml").read_bytes()
    replace(file, data, modified=1_000_000_000)
    assert (await site.get("rss.xml")).headers["ETag"] == before
    replace(file, data[:-2] + b" \n", modified=1_000_000_000)
    assert (await site.get("rss.xml")).headers["ETag"] != before


def replace(file: Path, data: bytes, *, modified: int) -> None:
    new = file.with_name(".new")
    new.write_bytes(data)
    os.utime(new, (modified, modified))
    new.replace(file)


async def test_a_reader_that_has_these_bytes_gets_no_others(site: Published) -> None:
    tag = (await site.get("atom.xml")).headers["ETag"]
    same = [tag, f"W/{tag}", f'"other", {tag}', f'"with,comma",W/{tag}', "*"]
    for asked in same:
        for method in ("GET", "HEAD"):
            assert (await site.get("atom.xml", method, If_None_Match=asked)).status == 304, asked
    for asked in ('"other"', 'W/"other"', "other", '"', tag.strip('"'), '"*"'):
        assert (await site.get("atom.xml", If_None_Match=asked)).status == 200, asked


async def test_a_304_has_the_headers_that_a_200_would_have_and_no_body(site: Published) -> None:
    full = await site.get("rss.xml", Accept_Encoding=GZIP)
    answer = await site.get("rss.xml", Accept_Encoding=GZIP, If_None_Match=full.headers["ETag"])
    assert (answer.status, answer.body) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "Link", *ALWAYS):
        assert answer.headers[name] == full.headers[name], name
    assert answer.headers["Date"]
    for name in ("Content-Type", "Content-Encoding", "Last-Modified"):
        assert name not in answer.headers


async def test_the_date_counts_only_where_no_tag_is_given(site: Published) -> None:
    full = await site.get("rss.xml")
    date, tag = full.headers["Last-Modified"], full.headers["ETag"]
    assert (await site.get("rss.xml", If_Modified_Since=date)).status == 304
    assert (await site.get("rss.xml", If_Modified_Since=date, If_None_Match='"other"')).status == 200
    early = "Sat, 01 Jan 2000 00:00:00 GMT"
    assert (await site.get("rss.xml", If_Modified_Since=early, If_None_Match=tag)).status == 304
    for other in (early, "yesterday", "", "Sat, 99 Jan 2000 00:00:00 GMT"):
        assert (await site.get("rss.xml", If_Modified_Since=other)).status == 200


async def test_the_compressed_form_is_the_published_one_with_a_tag_of_its_own(site: Published) -> None:
    plain = await site.get("rss.xml")
    packed = await site.get("rss.xml", Accept_Encoding=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == (site.folder / "rss.xml.gz").read_bytes()
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["ETag"] != plain.headers["ETag"]
    other = await site.get("rss.xml", Accept_Encoding=GZIP, If_None_Match=plain.headers["ETag"])
    assert other.status == 200
    (site.folder / "rss.xml.gz").unlink()
    assert "Content-Encoding" not in (await site.get("rss.xml", Accept_Encoding=GZIP)).headers


async def test_it_is_compressed_for_those_who_take_it(site: Published) -> None:
    codings = {
        "gzip;q=0": None,
        "*;q=0, identity": None,
        "identity, gzip;q=0.5": None,
        "br": None,
        "gzip;q=broken": "gzip",
        "GZIP": "gzip",
        "*": "gzip",
        "br;q=1, gzip; q=0.1": "gzip",
    }
    for accepted, coding in codings.items():
        answer = await site.get("feeds.html", Accept_Encoding=accepted)
        assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == (coding, "Accept-Encoding"), (
            accepted
        )


async def test_a_browser_gets_a_feed_as_xml_which_it_can_show(site: Published) -> None:
    types = {
        BROWSER: "application/xml",
        "application/rss+xml, application/xml;q=0.9, text/html;q=0.5, */*;q=0.1": "application/rss+xml",
        "text/html, application/rss+xml": "application/rss+xml",
        "text/html;q=0": "application/rss+xml",
        "*/*": "application/rss+xml",
        "": "application/rss+xml",
    }
    for accepted, media_type in types.items():
        shown = await site.get("rss.xml", Accept=accepted)
        assert shown.headers["Content-Type"] == media_type, accepted


async def test_head_is_get_without_the_body(site: Published) -> None:
    for path in ("rss.xml", "archive/2023-W41.html", "nothing.html"):
        full, head = await site.get(path), await site.get(path, "HEAD")
        assert (head.status, head.body) == (full.status, b"")
        assert _without_date(head) == _without_date(full)


def _without_date(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


async def test_images_and_sealed_documents_may_be_kept_for_a_week(site: Published) -> None:
    sealed = site.folder / "older/1"
    sealed.mkdir()
    (sealed / "atom.xml").write_bytes((site.folder / "older/atom.xml").read_bytes())
    (image,) = (site.folder / "media").iterdir()
    for path in (f"media/{image.name}", "older/1/atom.xml"):
        assert (await site.get(path)).headers["Cache-Control"] == "public, max-age=604800, immutable"
    assert "hub" not in (await site.get("older/1/atom.xml")).headers["Link"]
    assert "immutable" not in (await site.get("older/atom.xml")).headers["Cache-Control"]
    shown = await site.get(f"media/{image.name}", Accept_Encoding=GZIP)
    assert (shown.headers["Content-Type"], shown.headers["Vary"], shown.body) == ("image/png", None, PIXEL)


async def test_pages_run_no_script_and_may_be_found(site: Published) -> None:
    page = await site.get("archive/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; img-src *")
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Robots-Tag"] == "all"
    assert "Link" not in page.headers
    front = await to_thread.run_sync(ask, site.port, "/", "GET", {})
    assert front.headers["Location"] == "https://news.harbour.example/feeds/archive/index.html"


async def test_the_folder_itself_leads_to_the_archive(site: Published) -> None:
    for method in ("GET", "HEAD"):
        front = await site.get("", method)
        assert (front.status, front.headers["Location"]) == (302, "archive/index.html")
    assert (await site.get(front.headers["Location"])).status == 200


async def test_a_folder_of_any_script_is_found_by_its_address(site: Published) -> None:
    found = await site.get("sections/%EB%8F%84%EC%8B%9C/rss.xml")
    assert found.status == 200
    assert "/sections/%EB%8F%84%EC%8B%9C/rss.xml>" in found.headers["Link"]
    assert "도시" in found.body.decode()


async def test_an_article_that_was_taken_back_is_gone_until_it_is_published_again(
    newsroom: Newsroom, site: Published
) -> None:
    page = f"articles/{SLUG}.html"
    assert (await site.get(page)).status == 200
    newsroom.configure(more="")  # there is no hub to be told
    async with newsroom.app() as app:
        await withdraw(app, SLUG, "A court said so")
    for headers in ({}, {"If_None_Match": "*"}, {"Accept_Encoding": GZIP}):
        gone = await site.get(page, **headers)
        body = gzip.decompress(gone.body) if gone.headers["Content-Encoding"] else gone.body
        assert gone.status == 410
        assert b"This page was taken back" in body
    async with newsroom.app() as app:
        await restore(app, SLUG)
    again = await site.get(page)
    assert (again.status, b"It is lit." in again.body) == (200, True)


NOWHERE = [
    "../config/syndicate.toml",
    "%2e%2e/articles/lamp.md",
    "archive/../../config/secret.txt",
    "archive%2f..%2f..%2fconfig/secret.txt",
    "..%5c..%5cconfig/secret.txt",
    "/config/secret.txt",
    "%2Fetc/hosts.txt",
    "link.txt",
    "linked/secret.txt",
    "circle.txt",
    "pipe.txt",
    "archive",
    "media/",
    "rss.xml%00",
    "%00.txt",
    "rss.xml/",
    "rss.xml/x.txt",
    ".rss.xml.new",
    ".hidden.txt",
    "rss.xml.gz",
    f"articles/{SLUG}.html.gone",
    "x" * 5000 + ".txt",
    "%ff.txt",
    "%ed%a0%80.txt",
]


async def test_nothing_else_is_there(site: Published, newsroom: Newsroom) -> None:
    secret = newsroom.write("config/secret.txt", "secret")
    (site.folder / ".hidden.txt").write_text("secret")
    (site.folder / "link.txt").symlink_to(secret)
    (site.folder / "linked").symlink_to(secret.parent)
    (site.folder / "circle.txt").symlink_to("circle.txt")
    os.mkfifo(site.folder / "pipe.txt")
    for path in NOWHERE:
        answer = await site.get(path)
        assert answer.status == 404, path
        assert b"There is no such page" in answer.body
        assert answer.headers["Cache-Control"] == "public, max-age=60"


async def test_the_folder_may_be_a_link_itself(newsroom: Newsroom, tmp_path: Path) -> None:
    (newsroom.folder / "feeds").rename(tmp_path / "disk")
    (newsroom.folder / "feeds").symlink_to(tmp_path / "disk")
    async with published(newsroom) as site:
        assert (await site.get("rss.xml")).status == 200


async def test_nobody_writes_there(site: Published) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = await site.get("rss.xml", method)
        assert answer.status == 405
        assert {*answer.headers["Allow"].split(", ")} == {"GET", "HEAD"}


LARGE = 10_000_000  # bytes


@pytest.fixture
def large(site: Published) -> bytes:
    """`large.json`, with its compressed form: both are streamed."""
    data = os.urandom(LARGE)
    (site.folder / "large.json").write_bytes(data)
    (site.folder / "large.json.gz").write_bytes(gzip.compress(data, 1))
    return data


async def test_a_large_file_has_the_headers_and_conditions_of_a_small_one(
    site: Published, large: bytes
) -> None:
    small, full = await site.get("feeds.html"), await site.get("large.json")
    assert (full.status, full.body) == (200, large)
    assert full.headers.keys() == small.headers.keys()
    assert full.headers["Content-Length"] == str(LARGE)
    head = await site.get("large.json", "HEAD")
    assert (head.status, head.body) == (200, b"")
    dateless = [{**answer.headers, "Date": ""} for answer in (head, full)]
    assert dateless[0] == dateless[1]
    again = await site.get("large.json", If_None_Match=full.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    packed = await site.get("large.json", Accept_Encoding=GZIP)
    assert (packed.headers["Content-Encoding"], gzip.decompress(packed.body)) == ("gzip", large)
    assert packed.headers["ETag"] != full.headers["ETag"]


async def begin(site: Published, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that has the head of the answer, and reads no more by itself than its buffer holds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=65_536)
    writer.write(f"GET /feeds/{path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    return reader, writer


async def test_slow_clients_cost_their_buffers_and_not_the_whole_file(site: Published, large: bytes) -> None:
    """Server and clients are this process: thirty whole bodies would be 300 MB."""
    assert (await site.get("large.json", "HEAD")).status == 200  # it is hashed
    before = resident()
    clients = [await begin(site, "large.json") for _ in range(30)]
    await asyncio.sleep(1)
    grown = resident() - before
    assert grown < 60_000_000
    for _, writer in clients:
        writer.close()
    await comes(lambda: not is_open(site.folder / "large.json"))


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def is_open(file: Path) -> bool:
    """Whether this process has the file open."""
    links = [*Path("/proc/self/fd").iterdir()]
    return str(file.resolve()) in [str(link.resolve()) for link in links]


async def test_a_file_that_is_replaced_while_it_is_sent_arrives_whole(site: Published, large: bytes) -> None:
    reader, writer = await begin(site, "large.json")
    replace(site.folder / "large.json", os.urandom(LARGE // 2), modified=1_000_000_000)
    assert await reader.read(-1) == large
    writer.close()
    await writer.wait_closed()
    assert len((await site.get("large.json")).body) == LARGE // 2
