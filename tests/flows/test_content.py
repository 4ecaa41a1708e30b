"""Content through the whole way: feeds over HTTP collected again and again, and a folder of files that heals itself."""

import email
import email.policy
import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from syndication.collect.http.limits import FetchLimits
from syndication.domain.week import WeekKey
from syndication.errors import CollectError, PublishError
from syndication.flows.collecting.collect import Collected, run_collect
from syndication.flows.edition.freeze import draft_edition
from syndication.flows.publishing.publish import Published, run_publish
from tests.doors.http_server import HttpServer, Page, http_server
from tests.flows.newsroom import PAGE, Newsroom, article

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with http_server() as found:
        yield found


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def feed(*titles: str, day: int = 12, etag: str = "") -> Page:
    items = "".join(
        f"<item><title>{title}</title><link>https://wire.example/{title.lower().replace(' ', '-')}</link>"
        f"<pubDate>Thu, {day} Oct 2023 10:00:00 +0900</pubDate><description>About it.</description></item>"
        for title in titles
    )
    text = f'<rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>{items}</channel></rss>'
    return Page(text.encode(), headers={"Content-Type": "application/rss+xml"}, etag=etag)


def wire(server: HttpServer, *, private: bool = True) -> str:
    allowed = "allow_private = true\n" if private else ""
    return f'[[sources]]\nname = "wire"\nkind = "feed"\nurl = "{server.url("/feed")}"\n{allowed}'


async def collected(newsroom: Newsroom) -> Collected:
    async with newsroom.app() as app:
        return await run_collect(app)


async def published(newsroom: Newsroom) -> Published:
    async with newsroom.app() as app:
        return await run_publish(app)


def titles(newsroom: Newsroom, folder: str = "feeds") -> list[str]:
    return [item["title"] for item in items(newsroom, folder)]


def items(newsroom: Newsroom, folder: str = "feeds") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((newsroom.folder / folder / "feed.json").read_text())["items"]
    return found


async def test_the_second_collect_of_a_feed_costs_one_304(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/feed"] = feed("Tide tables", "Harbour lights", etag='"one"')
    newsroom.configure(more=wire(server))

    assert (await collected(newsroom)).total == 2
    assert (await collected(newsroom)).total == 2

    assert server.statuses == [200, 304]
    report = await newsroom.run("2023-W41")
    assert (report.articles, server.statuses) == (2, [200, 304, 304])


async def test_a_feed_that_fails_keeps_its_last_good_articles(newsroom: Newsroom, server: HttpServer) -> None:
    newsroom.write("articles/own.md", article("Our own", "2023-10-13 10:00"))
    server.pages["/feed"] = [feed("Tide tables"), Page(b"gone missing", 404)]
    newsroom.configure(more=wire(server))
    await collected(newsroom)

    report = await newsroom.run("2023-W41")

    assert report.articles == 2
    assert [warning for warning in report.warnings if "wire" in warning and "404" in warning]
    assert titles(newsroom) == ["Our own", "Tide tables"]


async def test_a_feed_that_is_gone_is_not_asked_again(newsroom: Newsroom, server: HttpServer) -> None:
    server.pages["/feed"] = [feed("Tide tables"), Page(status=410)]
    newsroom.configure(more=wire(server))
    await collected(newsroom)
    for _ in range(2):
        done = await collected(newsroom)
        assert list(done.warnings) == [
            "The source wire is gone (410) and is not fetched any more: remove it from the configuration."
        ]
    assert server.statuses == [200, 410]
    assert done.total == 1


async def test_a_gone_feed_is_no_success_when_all_the_others_fail(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/feed"] = Page(status=410)
    newsroom.configure(more=wire(server))
    assert (await collected(newsroom)).total == 0
    shutil.rmtree(newsroom.folder / "articles")
    with pytest.raises(CollectError, match="No source could be read"):
        await collected(newsroom)


async def test_a_feed_that_moved_for_good_is_read_and_says_where(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.redirect("/feed", "/new", 301)
    server.pages["/new"] = feed("Tide tables")
    newsroom.configure(more=wire(server))
    done = await collected(newsroom)
    assert done.total == 1
    assert list(done.warnings) == [
        f"The source wire has moved permanently to {server.url('/new')}: write that into the configuration."
    ]


async def test_a_feed_inside_the_network_is_refused_unless_the_source_allows_it(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/feed"] = feed("Tide tables")
    newsroom.configure(more=wire(server, private=False))
    done = await collected(newsroom)
    assert (done.total, server.requests) == (0, [])
    assert "private address 127.0.0.1" in done.warnings[0]


async def test_every_limit_of_the_configuration_is_one_of_the_fetching(newsroom: Newsroom) -> None:
    newsroom.configure(
        more="[collect]\ntimeout = '7s'\nmegabytes = 6\nxml_megabytes = 5\nredirects = 4\nattempts = 2\nper_host = 3\n"
        "connections = 9\nrobots = 'all'\ncrawl_delay = '8s'\n"
    )
    limits = FetchLimits(
        seconds=7,
        body_bytes=6 * 2**20,
        xml_bytes=5 * 2**20,
        redirects=4,
        attempts=2,
        per_host=3,
        total=9,
        robots="all",
        crawl_delay=8,
    )
    async with newsroom.app() as app:
        assert app.collector._fetcher.limits == limits


async def test_a_warning_says_which_source_it_is_about(newsroom: Newsroom, server: HttpServer) -> None:
    page = feed("Tide tables")
    server.pages["/feed"] = Page(page.body.replace(b"12 Oct 2023", b"32 Octember"), headers=page.headers)
    newsroom.configure(more=wire(server))
    (warning,) = (await collected(newsroom)).warnings
    assert warning.startswith("wire: 1 entry with a date that cannot be read")


async def test_a_retry_writes_nothing_of_its_own_to_the_terminal(
    newsroom: Newsroom, server: HttpServer
) -> None:
    import asyncio

    server.pages["/feed"] = [Page(b"busy", 503), feed("Tide tables")]
    newsroom.configure(more=wire(server))
    done = await asyncio.to_thread(newsroom.syndicate, "collect", "--json")
    assert (done.returncode, json.loads(done.stdout)["articles"]) == (0, 1)
    assert server.statuses == [503, 200]
    assert "retry" not in done.stderr


async def test_two_pieces_with_one_headline_on_one_day_are_two_articles(
    newsroom: Newsroom, server: HttpServer
) -> None:
    """The second comes when the first has left the feed already."""
    one, two = feed("Letters"), feed("Letters")
    server.pages["/feed"] = [
        one,
        Page(two.body.replace(b"wire.example/letters", b"wire.example/letters-2"), headers=two.headers),
    ]
    newsroom.configure(more=wire(server))
    await collected(newsroom)
    assert (await collected(newsroom)).total == 2


async def test_entries_older_than_the_mail_goes_back_are_counted_with_the_others(newsroom: Newsroom) -> None:
    newsroom.write("articles/new.md", article("New", "2023-10-12 10:00"))
    newsroom.write("articles/before.md", article("Before", "2023-10-01 10:00"))
    newsroom.write("articles/ancient.md", article("Ancient", "2003-10-01 10:00"))
    newsroom.write("articles/ahead.md", article("Ahead", "2023-10-16 15:00"))  # before now, after the cut-off
    newsroom.write("articles/embargo.md", article("Embargo", "2024-01-01 10:00"))
    report = await newsroom.run("2023-W41")
    assert (report.articles, report.backlog, report.waiting) == (1, 2, 2)
    assert report.backlog_reasons == {
        "published before the first edition's week": 1,
        "published more than 28 days before the cut-off": 1,
    }
    assert "Embargo" not in titles(newsroom)


async def test_an_older_week_made_later_does_not_bring_back_what_was_before_the_first_edition(
    newsroom: Newsroom,
) -> None:
    newsroom.write("articles/w41.md", article("Of week 41", "2023-10-12 10:00"))
    newsroom.write("articles/w40.md", article("Of week 40", "2023-10-05 10:00"))
    newsroom.write("articles/w39.md", article("Of week 39", "2023-09-28 10:00"))
    assert (await newsroom.run()).edition == "2023-W41"
    assert (await newsroom.run("2023-W39")).articles == 1
    newsroom.later(days=7)
    newsroom.write("articles/w42.md", article("Of week 42", "2023-10-19 10:00"))

    report = await newsroom.run()

    assert (report.edition, report.articles, report.backlog) == ("2023-W42", 1, 1)
    assert "Of week 40" not in (newsroom.folder / "feeds/archive/2023-W42.html").read_text()


async def test_the_hot_feed_gains_a_link_when_its_article_becomes_known(newsroom: Newsroom) -> None:
    newsroom.write("articles/ferry-bell.txt", PAGE)
    await newsroom.run("2023-W41")
    before = items(newsroom, "feeds/hot")
    assert "url" not in before[4]
    page = (newsroom.folder / "feeds/archive/2023-W41.html").read_bytes()

    newsroom.later(days=1)
    newsroom.write(
        "articles/herring.md",
        article("Why the herring came back early", "2023-10-16 18:00", url="https://harbour.example/herring"),
    )
    await collected(newsroom)
    await published(newsroom)

    after = items(newsroom, "feeds/hot")
    assert after[4]["url"] == "https://harbour.example/herring"
    assert [item["id"] for item in after] == [item["id"] for item in before]
    assert [item["title"] for item in after] == [item["title"] for item in before]
    assert (newsroom.folder / "feeds/archive/2023-W41.html").read_bytes() == page


async def test_an_empty_hot_list_is_said_and_the_digest_goes_out_without_one(newsroom: Newsroom) -> None:
    newsroom.configure(more='[hot]\nkind = "file"\npath = "hot.csv"\n')
    newsroom.write("hot.csv", "title,score\n")
    newsroom.write("articles/page.md", article("A page", "2023-10-13 10:00"))
    report = await newsroom.run("2023-W41")
    assert (report.articles, report.hot) == (1, 0)
    assert report.warnings[0].startswith(
        "The hot list hot.csv is empty. The digest goes out without a hot list."
    )


async def test_a_published_folder_that_was_lost_is_made_again_to_the_byte(newsroom: Newsroom) -> None:
    """Also the pages and images that no feed shows any more: mails and the archive still lead to them."""
    newsroom.config.write_text(newsroom.config.read_text() + "\n[feeds]\nlimit = 1\n")
    (newsroom.folder / "articles/pixel.png").write_bytes(PIXEL)
    newsroom.write(
        "articles/pictured.md",
        article("Pictured", "2023-10-12 10:00", "![dot](pixel.png)", url="https://harbour.example/pictured"),
    )
    newsroom.write("articles/page.md", article("A page", "2023-10-13 10:00"))
    await newsroom.run("2023-W41")
    newsroom.later(days=7)
    (newsroom.folder / "articles/page.md").unlink()
    newsroom.write("articles/newest.md", article("Newest", "2023-10-19 10:00"))
    await newsroom.run()
    before = newsroom.files("feeds")
    assert [name for name in before if name.startswith("feeds/media/")]
    assert "feeds/articles/a-page.html" in before

    shutil.rmtree(newsroom.folder / "feeds")
    await published(newsroom)

    assert newsroom.files("feeds") == before
    assert (await published(newsroom)).changed == 0


async def test_no_feed_leads_to_a_page_that_could_not_be_written(newsroom: Newsroom) -> None:
    newsroom.write("articles/page.md", article("A page", "2023-10-13 10:00"))
    newsroom.write("feeds/articles", "a file in the way")
    with pytest.raises(PublishError, match=r"articles/a-page\.html cannot be written"):
        await newsroom.run("2023-W41")
    assert not (newsroom.folder / "feeds/rss.xml").exists()


async def test_a_page_keeps_its_address_when_its_headline_changes(newsroom: Newsroom) -> None:
    newsroom.write("articles/page.md", article("First headline", "2023-10-13 10:00"))
    await newsroom.run("2023-W41")
    newsroom.later(hours=1)
    newsroom.write("articles/page.md", article("Second headline", "2023-10-13 10:00"))
    await collected(newsroom)
    await published(newsroom)
    (page,) = (newsroom.folder / "feeds/articles").glob("*.html")
    assert page.name == "first-headline.html"
    assert "Second headline" in page.read_text()
    (item,) = items(newsroom)
    assert item["url"].endswith("/articles/first-headline.html")
    assert datetime.fromisoformat(item["date_modified"]) == newsroom.now


async def test_an_article_whose_address_is_taken_back_gets_a_page(newsroom: Newsroom) -> None:
    newsroom.write(
        "articles/page.md", article("A page", "2023-10-13 10:00", url="https://harbour.example/page")
    )
    await newsroom.run("2023-W41")
    newsroom.write("articles/page.md", article("A page", "2023-10-13 10:00"))
    await collected(newsroom)
    await published(newsroom)
    assert items(newsroom)[0]["url"].endswith("/articles/a-page.html")
    assert (newsroom.folder / "feeds/articles/a-page.html").exists()


async def test_a_date_that_its_source_moves_does_not_count_as_an_edit(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages["/feed"] = [feed("Tide tables", day=12), feed("Tide tables", day=13)]
    newsroom.configure(more=wire(server))
    await newsroom.run("2023-W41")
    newsroom.later(days=7)
    report = await newsroom.run()
    assert report.skipped == "2023-W42 has no new article, so no mail was made."
    (item,) = items(newsroom)
    assert item["date_published"] == "2023-10-13T10:00:00+09:00"


async def test_no_address_of_an_author_is_published_from_a_feed(
    newsroom: Newsroom, server: HttpServer
) -> None:
    text = (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<channel><title>Wire</title><link>https://wire.example/</link>"
        "<item><title>Tide tables</title><author>ann.lee@wire.example (Ann Lee)</author>"
        "<pubDate>Thu, 12 Oct 2023 10:00:00 +0900</pubDate><description>About it.</description>"
        '<media:content url="https://wire.example/a.jpg" medium="image"><media:credit>Bo Kim bo.kim@wire.example</media:credit>'
        "</media:content></item></channel></rss>"
    )
    server.pages["/feed"] = Page(text.encode(), headers={"Content-Type": "application/rss+xml"})
    newsroom.configure(more=wire(server))
    await newsroom.subscribe("reader@readers.example")
    await newsroom.run("2023-W41")
    everything = b"".join([*newsroom.files("feeds").values(), *newsroom.mails()])
    assert b"Bo Kim" in everything
    assert b"ann.lee" not in everything
    assert b"bo.kim" not in everything


def pictured(server: HttpServer) -> Page:
    """A feed with two stories, the first with an image, the second with one that is none."""
    page = feed("Bells", "Salt")
    names = iter(("bells.png", "salt.png"))

    def with_image(_: re.Match[bytes]) -> bytes:
        return (
            f'<enclosure url="{server.url(f"/{next(names)}")}" type="image/png" length="9"/></item>'.encode()
        )

    return Page(re.sub(b"</item>", with_image, page.body), headers=page.headers)


async def test_an_edition_shows_copies_of_other_sites_images_where_that_is_wanted(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages = {"/feed": pictured(server), "/bells.png": Page(PIXEL), "/salt.png": Page(b"<svg>")}
    newsroom.write("articles/quay.md", article("Quay", "2023-10-13 09:00"))
    newsroom.configure(more=wire(server) + "\n[edition]\ncopy_images = true\n")
    await newsroom.subscribe("ann@readers.example")
    report = await newsroom.run("2023-W41")
    name = f"media/{hashlib.sha256(PIXEL).hexdigest()[:16]}.png"
    page = newsroom.files("feeds")["feeds/archive/2023-W41.html"].decode()
    assert f'src="../{name}"' in page
    assert newsroom.files("feeds")[f"feeds/{name}"] == PIXEL
    mail = email.message_from_bytes(newsroom.mails()[0], policy=email.policy.default)
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_payload(
        decode=True
    )
    assert f'src="https://news.harbour.example/feeds/{name}"'.encode() in html
    assert [warning for warning in report.warnings if "salt.png" in warning]
    assert server.url("/bells.png") in newsroom.files("feeds")["feeds/rss.xml"].decode()
    (newsroom.folder / f"feeds/{name}").write_bytes(b"spoiled")
    async with newsroom.app() as app:
        assert (await run_publish(app, check=True)).damaged == (name,)
    assert newsroom.files("feeds")[f"feeds/{name}"] == PIXEL


async def test_no_image_is_fetched_unless_that_is_wanted_and_none_from_a_private_network(
    newsroom: Newsroom, server: HttpServer
) -> None:
    server.pages = {"/feed": pictured(server), "/bells.png": Page(PIXEL)}
    newsroom.configure(more=wire(server))
    await collected(newsroom)
    newsroom.configure(more=wire(server, private=False) + "\n[edition]\ncopy_images = true\n")
    async with newsroom.app() as app:
        drafted = await draft_edition(app, WeekKey(2023, 41))
    assert drafted.draft
    assert [request.path for request in server.requests] == ["/feed"]
    assert any("was not copied" in warning for warning in drafted.warnings)
