"""Manners towards a site that was not asked first: robots.txt, its wishes for peace, and nobody's place taken by a slow one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.limits import FetchLimits
from syndication.collect.http.robots import SIZE, read_rules
from syndication.collect.source_result import SourceResult
from syndication.domain.article import Source, SourceKind, Validators
from syndication.errors import CollectError
from syndication.settings import load_settings
from tests.doors.http_server import HttpServer, Page, http_server

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUICK = FetchLimits(seconds=60, first_wait=0.01)
SHUT = Page(b"User-agent: *\nDisallow: /\n")


@pytest.fixture
async def site() -> AsyncIterator[HttpServer]:
    async with http_server() as server:
        server.pages["/news/1"] = Page(b"one")
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(limits=QUICK) as client:
        yield client


async def get(fetcher: Fetcher, url: str, *, found: bool = True, now: datetime = NOW) -> bytes:
    return (await fetcher.fetch(url, now=now, allow_private=True, found=found)).body


async def test_a_found_page_that_robots_txt_forbids_is_not_asked_for(
    site: HttpServer, fetcher: Fetcher
) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /news/\nAllow: /news/1\n")
    site.pages["/news/2"] = Page(b"two")
    assert await get(fetcher, site.url("/news/1")) == b"one"
    with pytest.raises(CollectError, match=r"/news/2 was not fetched: the site's robots\.txt forbids it"):
        await get(fetcher, site.url("/news/2"))
    assert [request.path for request in site.requests] == ["/robots.txt", "/news/1"]


async def test_rules_for_us_by_name_go_before_those_for_all(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /\n\nUser-agent: Syndication\nAllow: /\n")
    assert await get(fetcher, site.url("/news/1")) == b"one"


async def test_an_address_of_the_configuration_is_asked_for_whatever_robots_txt_says(
    site: HttpServer, fetcher: Fetcher
) -> None:
    site.pages["/robots.txt"] = SHUT
    assert await get(fetcher, site.url("/news/1"), found=False) == b"one"
    assert [request.path for request in site.requests] == ["/news/1"]


@pytest.mark.parametrize(("robots", "found"), [("all", False), ("off", True)])
async def test_the_setting_decides_which_addresses_obey(site: HttpServer, robots: str, found: bool) -> None:
    site.pages["/robots.txt"] = SHUT
    async with Fetcher(limits=FetchLimits(robots=robots)) as fetcher:  # type: ignore[arg-type]
        if robots == "off":
            assert await get(fetcher, site.url("/news/1"), found=found) == b"one"
        else:
            with pytest.raises(CollectError, match="forbids it"):
                await get(fetcher, site.url("/news/1"), found=found)


async def test_robots_txt_is_read_once_a_host_however_many_ask(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Page(b"")
    await asyncio.gather(*(get(fetcher, site.url("/news/1")) for _ in range(9)))
    assert [request.path for request in site.requests].count("/robots.txt") == 1
    await get(fetcher, site.url("/news/1"), now=NOW + timedelta(hours=25))
    assert [request.path for request in site.requests].count("/robots.txt") == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_without_a_robots_txt_everything_is_allowed(
    site: HttpServer, fetcher: Fetcher, status: int
) -> None:
    site.pages["/robots.txt"] = Page(SHUT.body, status)
    assert await get(fetcher, site.url("/news/1")) == b"one"


async def test_a_robots_txt_that_redirects_without_end_is_none(site: HttpServer, fetcher: Fetcher) -> None:
    site.redirect("/robots.txt", "/robots.txt")
    assert await get(fetcher, site.url("/news/1")) == b"one"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_robots_txt_that_cannot_be_read_forbids_everything(
    site: HttpServer, fetcher: Fetcher, status: int
) -> None:
    site.pages["/robots.txt"] = Page(status=status)
    for _ in range(2):
        with pytest.raises(CollectError, match=rf"robots\.txt cannot be read: .* answered {status}"):
            await get(fetcher, site.url("/news/1"))
    assert {request.path for request in site.requests} == {"/robots.txt"}
    assert len(site.requests) == QUICK.attempts
    site.pages["/robots.txt"] = Page(b"")
    assert await get(fetcher, site.url("/news/1"), now=NOW + timedelta(minutes=11)) == b"one"


async def test_where_a_redirect_leads_is_asked_about_too(site: HttpServer, fetcher: Fetcher) -> None:
    async with http_server() as other:
        other.pages["/robots.txt"] = SHUT
        site.redirect("/away", other.url("/page"))
        with pytest.raises(CollectError, match="forbids it"):
            await get(fetcher, site.url("/away"))
        assert [request.path for request in other.requests] == ["/robots.txt"]


async def test_a_crawl_delay_keeps_requests_apart_up_to_the_limit(site: HttpServer) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 3600\n")
    loop = asyncio.get_running_loop()
    async with Fetcher(limits=FetchLimits(crawl_delay=0.05)) as fetcher:
        begun = loop.time()
        await asyncio.gather(*(get(fetcher, site.url("/news/1")) for _ in range(4)))
        assert loop.time() - begun >= 0.15


def test_only_so_much_of_a_robots_txt_counts() -> None:
    rules = read_rules(b"User-agent: *\nDisallow: /a\n" + b"#" * SIZE + b"\nDisallow: /b\n")
    assert not rules.can_fetch("http://news.example/a", "syndication")
    assert rules.can_fetch("http://news.example/b", "syndication")


def test_groups_of_thousands_of_agents_cost_no_more_than_one() -> None:
    agents = b"".join(b"User-agent: bot%d\n" % number for number in range(1_000))
    paths = b"".join(b"Disallow: /%d\n" % number for number in range(1_000))
    rules = read_rules(agents + b"User-agent: *\n" + paths)
    assert not rules.can_fetch("http://news.example/999", "syndication")
    assert len(rules._user_agents) == 2


def test_a_robots_txt_of_patterns_alone_is_no_riddle_for_us() -> None:
    with pytest.raises(CollectError, match="patterns"):
        read_rules(b"User-agent: *\n" + b"Disallow: /*a*b$\n" * 9_000)


async def test_a_host_that_wants_an_hour_of_peace_is_asked_nothing_more(
    site: HttpServer, fetcher: Fetcher
) -> None:
    site.pages["/busy"] = Page(status=503, headers={"Retry-After": "3600"})
    with pytest.raises(CollectError, match="come back in 3600 seconds"):
        await get(fetcher, site.url("/busy"), found=False)
    with pytest.raises(CollectError, match="asked to come back in 3540 seconds"):
        await get(fetcher, site.url("/news/1"), found=False, now=NOW + timedelta(minutes=1))
    assert len(site.requests) == 1
    assert await get(fetcher, site.url("/news/1"), found=False, now=NOW + timedelta(hours=2)) == b"one"


class Faulty(Collector):
    async def _folder(self, *_: object) -> SourceResult:
        raise IndexError("as if a parser had an unknown fault")


async def test_a_fault_of_ours_ends_one_source_and_not_the_run(fetcher: Fetcher, tmp_path: Path) -> None:
    publication = load_settings(Path(__file__).parents[2] / "config/syndicate.toml", {}).facts()
    collector = Faulty(publication=publication, media=tmp_path, fetcher=fetcher)
    with pytest.raises(CollectError, match=r"Source 'desk': it contains something .* \(IndexError\)"):
        await collector.collect(Source("desk", SourceKind.FOLDER, str(tmp_path)), Validators(), now=NOW)


async def test_no_cookie_is_kept(site: HttpServer, fetcher: Fetcher) -> None:
    site.pages["/"] = Page(b"x", headers={"Set-Cookie": "visitor=7; Path=/"})
    for _ in range(2):
        await get(fetcher, site.url(), found=False)
    assert ["cookie" in request.headers for request in site.requests] == [False, False]


async def test_no_more_than_so_many_requests_of_a_host_are_under_way(site: HttpServer) -> None:
    site.pages["/news/1"] = Page(b"one", pause=0.02)
    async with Fetcher(limits=FetchLimits(per_host=2)) as fetcher:
        await asyncio.gather(*(get(fetcher, site.url("/news/1"), found=False) for _ in range(6)))
    assert site.most == 2


async def test_a_slow_host_holds_no_places_of_the_others() -> None:
    """Twenty fetches of a host that never answers stand in the queue before those of one that does."""
    async with http_server() as slow, http_server("127.0.0.2") as quick:
        slow.pages["/"] = Page(b"never", pause=3600)
        quick.pages["/"] = Page(b"x")
        limits = FetchLimits(per_host=2, total=3, seconds=600)
        async with Fetcher(limits=limits) as fetcher:
            waiting = [asyncio.create_task(get(fetcher, slow.url(), found=False)) for _ in range(20)]
            await asyncio.sleep(0)
            async with asyncio.timeout(300):
                for _ in range(5):
                    assert await get(fetcher, quick.url("/", "127.0.0.2"), found=False) == b"x"
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
