"""Fetching against a real server: conditions, limits, redirects, and the wall around private addresses."""

import base64
import gzip
import ipaddress
import random
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from syndication.collect.http.answer import AnswerError
from syndication.collect.http.body import read_body, unpack
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.guard import IPAddress, is_private, resolve
from syndication.collect.http.limits import FetchLimits
from syndication.domain.article import Validators
from syndication.errors import CollectError
from tests.doors.http_server import HttpServer, Page, http_server

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUICK = FetchLimits(seconds=60, body_bytes=2**20, first_wait=0.01)


@pytest.fixture
async def site() -> AsyncIterator[HttpServer]:
    async with http_server() as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(contact="https://hanok.example/", limits=QUICK) as client:
        yield client


async def test_an_unchanged_page_costs_one_304(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/feed"] = Page(
        b"<rss/>", etag='"one"', headers={"Last-Modified": "Fri, 20 Nov 2026 00:00:00 GMT"}
    )
    first = await fetcher.fetch(site.url("/feed"), now=NOW, allow_private=True)
    assert first.validators == Validators('"one"', "Fri, 20 Nov 2026 00:00:00 GMT")
    again = await fetcher.fetch(site.url("/feed"), now=NOW, known=first.validators, allow_private=True)
    assert (again.status, again.body, site.statuses) == (304, b"", [200, 304])
    assert site.requests[1].headers["if-modified-since"] == "Fri, 20 Nov 2026 00:00:00 GMT"


async def test_the_user_agent_names_us_and_the_publication(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(b"x")
    await fetcher.fetch(site.url(), now=NOW, allow_private=True)
    assert site.requests[0].headers["user-agent"].startswith("syndication/")
    assert site.requests[0].headers["user-agent"].endswith("(+https://hanok.example/)")


async def test_a_gone_page_is_told_apart_from_a_missing_one(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/gone"] = Page(status=410)
    assert (await fetcher.fetch(site.url("/gone"), now=NOW, allow_private=True)).status == 410
    with pytest.raises(AnswerError, match="answered 404") as missing:
        await fetcher.fetch(site.url("/missing"), now=NOW, allow_private=True)
    assert missing.value.status == 404


async def test_what_a_server_says_besides_the_page_is_kept(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(b"x", headers={"X-WP-TotalPages": "3"})
    assert (await fetcher.fetch(site.url(), now=NOW, allow_private=True)).headers["x-wp-totalpages"] == "3"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "bare deflate"])
async def test_a_bomb_is_refused_before_it_is_unpacked(
    site: HttpServer, fetcher: Fetcher, coding: str
) -> None:
    zeros = bytes(50 * 2**20)
    packed = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "bare deflate": lambda data: zlib.compress(data)[2:-4],
    }
    body = packed[coding](zeros)
    assert len(body) < 2**20
    site.pages["/"] = Page(body, headers={"Content-Encoding": coding.rsplit(maxsplit=1)[-1]})
    with pytest.raises(CollectError, match="more than 1 MB"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)


async def test_packed_bodies_of_several_members_are_whole(site: HttpServer, fetcher: Fetcher) -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    site.pages["/"] = Page(body, headers={"Content-Encoding": "gzip"})
    assert (await fetcher.fetch(site.url(), now=NOW, allow_private=True)).body == b"one two"


async def test_a_body_cut_off_while_packed_is_an_error(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(gzip.compress(b"words " * 99)[:-12], headers={"Content-Encoding": "gzip"})
    with pytest.raises(CollectError, match="broken gzip"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)


async def test_a_body_beyond_the_limit_is_refused(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(bytes(2**20 + 1))
    with pytest.raises(CollectError, match="more than 1 MB"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)


@pytest.mark.parametrize("content_type", ["text/xml", "text/plain"])
async def test_xml_has_a_cap_of_its_own(site: HttpServer, content_type: str) -> None:
    site.pages["/feed"] = Page(b"<?xml version='1.0'?>" + bytes(99), headers={"Content-Type": content_type})
    site.pages["/page"] = Page(b"<!doctype html>" + bytes(99), headers={"Content-Type": "text/html"})
    async with Fetcher(limits=FetchLimits(xml_bytes=99)) as fetcher:
        assert await fetcher.fetch(site.url("/page"), now=NOW, allow_private=True)
        with pytest.raises(CollectError, match="more than 99 bytes of XML"):
            await fetcher.fetch(site.url("/feed"), now=NOW, allow_private=True)


# 50 MB of zeros as brotli packs them.
BROTLI_BOMB = base64.b85decode(
    "%m4pB_$L73u|OdA{*V9vfACKL#9<MD?)@MC|Nr2h0Eoi^0NwjP{{R2MKLHSj1pvDDfBgUdgMR`b4hsNu@BjG!{|EmBKpYkT=-&V3|NjU634k~(0MNbv00"
)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
async def test_a_coding_that_was_not_asked_for_is_refused(
    site: HttpServer, fetcher: Fetcher, coding: str
) -> None:
    site.pages["/"] = Page(BROTLI_BOMB, headers={"Content-Encoding": coding})
    with pytest.raises(CollectError, match=f"coding {coding}"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)
    assert site.requests[0].headers["accept-encoding"] == "gzip, deflate"


async def test_a_body_of_thousands_of_empty_members_is_given_up(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(gzip.compress(b"") * 20_000, headers={"Content-Encoding": "gzip"})
    with pytest.raises(CollectError, match="broken gzip"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)


@pytest.mark.parametrize("step", [1, 2, 7, 10**6])
@pytest.mark.parametrize("size", [0, 1, 2**16 - 1, 2**16, 2**16 + 1])
async def test_a_body_is_whole_in_whatever_pieces_it_comes(size: int, step: int) -> None:
    words = random.Random(size).randbytes(min(size, 2_000)) + bytes(max(size - 2_000, 0))

    async def parts(data: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(data), step):
            yield data[start : start + step]

    for coding, packed in (
        ("gzip", gzip.compress(words)),
        ("deflate", zlib.compress(words)),
        ("deflate", zlib.compress(words)[2:-4]),
        ("identity", words),
    ):
        assert await read_body(parts(packed), coding=coding, limit=2**20, name="x") == words


def test_a_file_that_is_packed_itself_is_unpacked_under_the_same_cap() -> None:
    assert unpack(gzip.compress(b"<urlset/>"), limit=99, name="x") == b"<urlset/>"
    with pytest.raises(CollectError, match="more than 99 bytes"):
        unpack(gzip.compress(bytes(100)), limit=99, name="x")
    with pytest.raises(CollectError, match="not a complete gzip file"):
        unpack(gzip.compress(b"<urlset/>")[:-9], limit=99, name="x")


@pytest.mark.slow
async def test_a_server_that_drips_does_not_hold_us(site: HttpServer) -> None:
    site.pages["/"] = Page(b"slow" * 100, pause=0.05)
    async with Fetcher(limits=FetchLimits(seconds=3, first_wait=0.01)) as fetcher:
        with pytest.raises(CollectError, match=r"within 3 seconds"):
            await fetcher.fetch(site.url(), now=NOW, allow_private=True)
    assert len(site.requests) == 1


async def test_redirects_are_followed_and_counted(site: HttpServer, fetcher: Fetcher) -> None:
    for step in range(9):
        site.redirect(f"/{step}", f"/{step + 1}")
    site.pages["/5"] = Page(b"here")
    found = await fetcher.fetch(site.url("/0"), now=NOW, allow_private=True)
    assert (found.url, found.body, found.moved) == (site.url("/5"), b"here", "")
    site.redirect("/5", "/6")
    with pytest.raises(CollectError, match="more than 5 times"):
        await fetcher.fetch(site.url("/0"), now=NOW, allow_private=True)


async def test_a_move_for_good_is_told_as_far_as_it_is_for_good(site: HttpServer, fetcher: Fetcher) -> None:
    site.redirect("/old", "/new", 301)
    site.redirect("/new", "/newest", 308)
    site.redirect("/newest", "/today", 302)
    site.pages["/today"] = Page(b"x")
    found = await fetcher.fetch(site.url("/old"), now=NOW, allow_private=True)
    assert found.moved == site.url("/newest")


async def test_a_redirect_to_another_scheme_is_refused(site: HttpServer, fetcher: Fetcher) -> None:
    site.redirect("/", "file:///etc/hostname")
    with pytest.raises(CollectError, match="an address that is not http"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)


async def test_a_busy_server_is_asked_again(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = [Page(status=503), Page(b"wor", cut=1), Page(b"words")]
    assert (await fetcher.fetch(site.url(), now=NOW, allow_private=True)).body == b"words"
    assert len(site.requests) == 3


async def test_a_broken_server_is_given_up(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(status=500)
    with pytest.raises(CollectError, match="answered 500"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)
    assert len(site.requests) == 3


async def test_retry_after_is_waited_for(site: HttpServer, fetcher: Fetcher) -> None:
    later = "Fri, 20 Nov 2026 12:00:01 GMT"
    site.pages["/"] = [Page(status=503, headers={"Retry-After": later}), Page(b"words")]
    assert (
        await fetcher.fetch(site.url(), now=NOW.replace(microsecond=800_000), allow_private=True)
    ).body == b"words"


async def test_a_wait_longer_than_the_budget_is_not_begun(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(status=429, headers={"Retry-After": "3600"})
    with pytest.raises(CollectError, match="come back in 3600 seconds"):
        await fetcher.fetch(site.url(), now=NOW, allow_private=True)
    assert len(site.requests) == 1


async def test_nothing_listening_is_one_sentence(fetcher: Fetcher) -> None:
    with pytest.raises(CollectError, match="cannot be fetched"):
        await fetcher.fetch("http://127.0.0.1:9/secret?token=1", now=NOW, allow_private=True)


async def test_a_password_in_the_url_is_used_and_never_shown(site: HttpServer, fetcher: Fetcher) -> None:
    url = site.url("/x").replace("//", "//user:hunter2@")
    site.pages["/words"] = Page(b"x")
    assert "hunter2" not in repr(
        await fetcher.fetch(url.replace("/x", "/words"), now=NOW, allow_private=True)
    )
    with pytest.raises(CollectError) as caught:
        await fetcher.fetch(url, now=NOW, allow_private=True)
    assert "hunter2" not in str(caught.value)
    assert site.requests[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_this_machine_is_not_reached_unless_the_source_says_so(
    site: HttpServer, fetcher: Fetcher, host: str
) -> None:
    with pytest.raises(CollectError, match=r"private address|not an http address"):
        await fetcher.fetch(site.url("/", host), now=NOW)
    assert site.requests == []


def refuses_two(address: IPAddress) -> bool:
    """Stands for the private network, since no test may reach a public one."""
    return address == ipaddress.ip_address("127.0.0.2")


async def test_a_redirect_meets_the_same_wall() -> None:
    async with (
        http_server() as public,
        http_server("127.0.0.2") as private,
        Fetcher(refused=refuses_two) as fetcher,
    ):
        public.redirect("/", private.url("/", "127.0.0.2"))
        with pytest.raises(CollectError, match=r"private address 127\.0\.0\.2"):
            await fetcher.fetch(public.url(), now=NOW)
        assert (len(public.requests), private.requests) == (1, [])


async def test_a_name_that_changes_its_mind_reaches_nothing_private() -> None:
    async with http_server() as public:
        answers = ["127.0.0.1"]

        async def rebinding(_host: str, _port: int) -> list[str]:
            return [answers.pop(0)] if answers else ["127.0.0.2"]

        public.redirect("/", public.url("/again", "news.example"))
        async with Fetcher(refused=refuses_two, resolve=rebinding) as fetcher:
            with pytest.raises(CollectError, match=r"private address 127\.0\.0\.2"):
                await fetcher.fetch(public.url("/", "news.example"), now=NOW)
        assert public.requests[0].headers["host"].startswith("news.example")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]
)
async def test_a_link_local_address_is_never_asked(address: str) -> None:
    async def cloud(_host: str, _port: int) -> list[str]:
        return [address]

    async with Fetcher(limits=QUICK, resolve=cloud) as fetcher:
        with pytest.raises(CollectError, match="even with allow_private"):
            await fetcher.fetch("http://metadata.example/", now=NOW, allow_private=True)


async def test_the_first_address_that_answers_is_taken() -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return ["127.0.0.3", "127.0.0.1"]

    async with http_server() as site, Fetcher(limits=QUICK, resolve=both) as fetcher:
        site.pages["/"] = Page(b"x")
        found = await fetcher.fetch(site.url("/", "news.example"), now=NOW, allow_private=True)
        assert found.body == b"x"


async def test_the_system_resolves_names() -> None:
    assert "127.0.0.1" in await resolve("localhost", 80) or "::1" in await resolve("localhost", 80)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "::", "fe80::1",
     "fc00::1", "ff02::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "fec0::1"],
)  # fmt: skip
def test_private_addresses_are_known_in_every_wrapping(address: str) -> None:
    assert is_private(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_free(address: str) -> None:
    assert not is_private(ipaddress.ip_address(address))
