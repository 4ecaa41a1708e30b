"""`syndicate init --from URL`: a site's sources are found, the configuration is written, and the next command collects."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syndication.cli.main import run
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.limits import FetchLimits
from syndication.collect.offers import SiteOffers
from syndication.collect.site_survey import site_offers
from syndication.domain.article import SourceKind
from syndication.errors import CollectError
from syndication.settings import Settings, load_settings_here
from tests.doors.http_server import HttpServer, Page, http_server
from tests.doors.wordpress_site import START, WordPress, post, refusal

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG = "Fog lay on the harbour until noon, and the ferries waited. " * 20


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with http_server() as found:
        yield found


def page(head: str, body: str = "<p>Home.</p>") -> Page:
    html = f"<!doctype html><html lang='pt'><head><title>Harbour News</title>{head}</head><body>{body}</body></html>"
    return Page(html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def feed(words: str = "Short.", number: int = 2) -> Page:
    items = "".join(
        f"<item><title>Piece {n}</title><link>https://harbour.example/{n}</link><pubDate>Mon, 16 Nov 2026 09:30:00 GMT</pubDate>"
        f"<description>{words}</description></item>"
        for n in range(number)
    )
    return Page(
        f"<rss version='2.0'><channel><title>F</title><link>https://harbour.example/</link>{items}</channel></rss>".encode()
    )


def link(path: str, kind: str = "application/rss+xml") -> str:
    return f"<link rel='alternate' type='{kind}' href='{path}'>"


async def found(server: HttpServer, path: str = "/") -> SiteOffers:
    async with Fetcher(limits=FetchLimits(first_wait=0.01, attempts=1)) as fetcher:
        return await site_offers(server.url(path), fetcher, now=NOW, allow_private=True)


def kinds(offers: SiteOffers) -> list[tuple[str, str]]:
    return [(offer.kind.value, "/" + offer.url.split("/", 3)[3]) for offer in offers.offers]


async def init(folder: Path, url: str, *more: str) -> int:
    return await asyncio.to_thread(run, ["init", str(folder), "--from", url, *more])


def written(folder: Path) -> Settings:
    return load_settings_here(folder / "config/syndicate.toml")


async def test_a_wordpress_site_is_collected_at_once(
    server: HttpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = WordPress(server.url("/"), [post(number) for number in range(1, 4)], feed=feed())
    site.index = {"name": "The Harbour &amp; Sea", "timezone_string": "Asia/Seoul", "gmt_offset": 9}
    server.program = site.answer
    assert await init(tmp_path / "new", server.url("/"), "--allow-private") == 0
    said = capsys.readouterr().out
    assert "is The Harbour & Sea." in said
    assert f"reads   wordpress  {server.url('/')}  (3 posts, with authors, categories and pictures)" in said
    assert (
        f"leaves  feed       {server.url('/feed/')}  (2 entries, the newest of 2026-11-16, beginnings only)"
        in said
    )
    settings = written(tmp_path / "new")
    (source,) = settings.sources
    assert (source.kind, source.url, source.allow_private) == (SourceKind.WORDPRESS, server.url("/"), True)
    assert (settings.publication.title, settings.publication.language) == ("The Harbour & Sea", "en")
    assert str(settings.publication.timezone) == "Asia/Seoul"
    assert not (tmp_path / "new/articles").exists()
    config = str(tmp_path / "new/config/syndicate.toml")
    assert await asyncio.to_thread(run, ["--config", config, "collect"]) == 0
    assert "3 articles in the store." in capsys.readouterr().out


async def test_what_is_left_stands_in_the_configuration_and_works_without_its_hash(
    server: HttpServer, tmp_path: Path
) -> None:
    server.pages["/"] = page(
        link("/a.xml") + link("/b.xml", "application/atom+xml") + link("/comments/feed/")
    )
    server.pages["/a.xml"], server.pages["/b.xml"] = feed(), feed(LONG)
    assert await init(tmp_path, server.url("/"), "--allow-private") == 0
    assert [source.url for source in written(tmp_path).sources] == [server.url("/b.xml")]  # whole texts
    file = tmp_path / "config/syndicate.toml"
    before, others, after = re.split(r"(?=# What else)|(?=\[collect\])", file.read_text())
    file.write_text(before + re.sub(r"^#(?! )", "", others, flags=re.MULTILINE) + after)
    assert [source.url for source in written(tmp_path).sources] == [
        server.url("/b.xml"),
        server.url("/a.xml"),
    ]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ({"/": page(""), "/rss.xml": feed()}, [("feed", "/rss.xml")]),
        ({"/": page(link("/gone.xml")), "/feed/": feed(number=1)}, [("feed", "/feed/")]),
        ({"/": page(link("/empty.xml")), "/empty.xml": feed(number=0), "/atom.xml": feed()}, [("feed", "/atom.xml")]),
        ({"/": page(link("/a.xml")), "/a.xml": feed(), "/sitemap.xml": Page(b"<urlset/>")}, [("feed", "/a.xml"), ("sitemap", "/sitemap.xml")]),
        (
            {
                "/": page(""),
                "/robots.txt": Page(b"User-agent: *\nSitemap: /all.xml\nsitemap : /news.xml.gz\n"),
                "/news.xml.gz": Page(gzip.compress(b"<?xml version='1.0'?><urlset xmlns='x'></urlset>")),
                "/all.xml": Page(b"<sitemapindex></sitemapindex>"),
            },
            [("sitemap", "/news.xml.gz")],
        ),
    ],
    ids=["usual place", "dead link", "empty feed", "feed and sitemap", "robots.txt"],
)  # fmt: skip
async def test_a_sites_sources_are_found_best_first(
    server: HttpServer, pages: dict[str, Page], expected: list[tuple[str, str]]
) -> None:
    server.pages.update(pages)
    assert kinds(await found(server)) == expected


async def test_a_feeds_own_address_is_enough(server: HttpServer) -> None:
    server.pages["/deep/feed"] = feed()
    server.pages["/"] = page("<meta property='og:site_name' content='Harbour'>")
    offers = await found(server, "/deep/feed")
    assert (offers.title, offers.url, kinds(offers)) == ("Harbour", server.url("/"), [("feed", "/deep/feed")])


async def test_a_page_of_wordpress_that_hides_its_api_is_asked_and_a_closed_one_passed_over(
    server: HttpServer,
) -> None:
    site = WordPress(server.url("/"), [post(1, START)], link="")
    server.program = site.answer
    server.pages["/"] = page(link("/feed/"), "<img src='/wp-content/a.png'>")
    server.pages["/feed/"] = feed()
    assert kinds(await found(server)) == [("wordpress", "/"), ("feed", "/feed/")]
    site.closed = refusal(401, "rest_forbidden")
    assert kinds(await found(server)) == [("feed", "/feed/")]


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ({"timezone_string": "Europe/Lisbon", "gmt_offset": 0}, "Europe/Lisbon"),
        ({"timezone_string": "", "gmt_offset": 9}, "Etc/GMT-9"),
        ({"timezone_string": "", "gmt_offset": "5.5"}, ""),
        ({"timezone_string": "../etc/passwd"}, ""),
        ({}, ""),
    ],
)
async def test_the_time_zone_is_what_the_site_says(
    server: HttpServer, told: dict[str, object], zone: str
) -> None:
    site = WordPress(server.url("/"), [post(1, START)], index=told)
    server.program = site.answer
    assert (await found(server)).timezone == zone


async def test_the_logo_is_the_one_that_the_site_describes(server: HttpServer) -> None:
    graph = {
        "@graph": [{"@type": ["NewsMediaOrganization"], "logo": {"url": "https://cdn.example/logo.png"}}]
    }
    broken = "<script type='application/ld+json'>{broken</script>"
    icon = "<link rel='apple-touch-icon' href='/touch.png'>"
    server.pages["/feed/"] = feed()
    server.pages["/"] = page(f"{broken}<script type='application/ld+json'>{json.dumps(graph)}</script>{icon}")
    assert (await found(server)).logo == "https://cdn.example/logo.png"
    server.pages["/"] = page(icon)
    assert (await found(server)).logo == server.url("/touch.png")


async def test_a_title_of_any_characters_makes_a_configuration_that_loads(
    server: HttpServer, tmp_path: Path
) -> None:
    title = 'The "Harbour" \\ 안개, <News> \x07 = #1'
    server.pages["/"] = page(f"<meta name='application-name' content='{title.replace('<', '&lt;')}'>")
    server.pages["/feed/"] = feed()
    assert await init(tmp_path, server.url("/"), "--allow-private") == 0
    assert written(tmp_path).publication.title == 'The "Harbour" \\ 안개, <News> = #1'


async def test_a_site_that_offers_nothing_is_one_sentence_and_no_folder(
    server: HttpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.pages["/"] = page("")
    assert await init(tmp_path / "new", server.url("/"), "--allow-private") == 5
    assert capsys.readouterr().err == (
        f"syndicate: {server.url('/')} names no feed, no sitemap and no WordPress API. If it has a feed, give the feed's own address.\n"
    )
    assert not (tmp_path / "new").exists()


async def test_a_private_address_is_refused_unless_it_is_allowed(
    server: HttpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await init(tmp_path / "new", server.url("/")) == 5
    said = capsys.readouterr().err
    assert "leads to the private address 127.0.0.1, which is refused. Add --allow-private" in said
    assert server.requests == []


async def test_a_folder_with_files_in_it_is_refused_before_anything_is_asked(
    server: HttpServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    assert await init(tmp_path, server.url("/"), "--allow-private") == 2
    assert server.requests == []


async def test_what_robots_txt_forbids_is_not_offered(server: HttpServer) -> None:
    server.pages |= {
        "/": page(link("/a.xml")),
        "/a.xml": feed(),
        "/robots.txt": Page(b"User-agent: *\nDisallow: /a.xml\n"),
    }
    with pytest.raises(CollectError, match="names no feed"):
        await found(server)


async def test_the_document_says_what_was_found(
    server: HttpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.pages |= {"/": page(""), "/feed/": feed()}
    assert await init(tmp_path, server.url("/"), "--allow-private", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["found"]["offers"] == [
        {
            "kind": "feed",
            "url": server.url("/feed/"),
            "said": "2 entries, the newest of 2026-11-16, beginnings only",
            "full": False,
        }
    ]


async def test_a_site_with_a_sitemap_alone_is_read_by_it(
    server: HttpServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = f"<url><loc>{server.url('/fog')}</loc></url>"
    server.pages |= {
        "/": page(""),
        "/sitemap.xml": Page(f"<urlset>{listed}</urlset>".encode()),
        "/fog": page(
            "<meta property='og:title' content='Fog'><meta property='article:published_time' content='2026-11-16T09:30:00Z'>",
            f"<article><h1>Fog</h1><p>{LONG}</p></article>",
        ),
    }
    assert await init(tmp_path, server.url("/"), "--allow-private") == 0
    assert [source.kind for source in written(tmp_path).sources] == [SourceKind.SITEMAP]
    assert await asyncio.to_thread(run, ["--config", str(tmp_path / "config/syndicate.toml"), "collect"]) == 0
    assert "1 article in the store." in capsys.readouterr().out
