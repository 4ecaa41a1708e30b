"""WordPress sites by their REST API, open, hidden, closed and broken, once and again."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.limits import FetchLimits
from syndication.collect.source_result import SourceResult
from syndication.domain.article import Image, Source, SourceKind, Validators
from syndication.errors import CollectError
from tests.doors.http_server import HttpServer, Page, http_server
from tests.doors.test_collect_feed import NOW, PUBLICATION, rss
from tests.doors.wordpress_site import START, WordPress, post, refusal

HOUR = timedelta(hours=1)
FEED = rss(
    "<item><title>From the feed</title><link>https://harbour.example/news/1/</link><guid>https://harbour.example/?p=1</guid></item>"
)


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with http_server() as found:
        yield found


@pytest.fixture
def wordpress(server: HttpServer) -> WordPress:
    site = WordPress(server.url("/"))
    server.program = site.answer
    return site


async def collect(
    wordpress: WordPress,
    tmp_path: Path,
    known: Validators | None = None,
    *,
    path: str = "",
    section: str = "",
) -> SourceResult:
    source = Source("site", SourceKind.WORDPRESS, wordpress.url + path, section=section, allow_private=True)
    async with Fetcher(limits=FetchLimits(first_wait=0.01, attempts=2)) as fetcher:
        collector = Collector(publication=PUBLICATION, media=tmp_path, fetcher=fetcher)
        return await collector.collect(source, known or Validators(), now=NOW)


def questions(server: HttpServer) -> list[dict[str, str]]:
    """What was asked about posts, without what is the same each time."""
    asked = [parse_qs(urlsplit(request.path).query) for request in server.requests if "posts" in request.path]
    return [
        {name: each[name][0] for name in ("after", "modified_after", "page") if name in each}
        for each in asked
    ]


FULL: dict[str, Any] = {
    "title": {"rendered": "Fish &#038; chips &#8211; <em>now</em> 5 &lt; 6"},
    "content": {"rendered": '<p onclick="x">Fresh <a href="/more">daily</a>.</p>', "protected": False},
    "excerpt": {"rendered": "<p>By hand.</p>", "protected": False},
    "guid": {"rendered": "https://harbour.example/?post_type=news&#038;p=1"},
    "modified_gmt": "2026-11-16T04:00:00",
    "sticky": True,
    "_embedded": {
        "author": [{"id": 3, "name": "Mina Han &amp; son"}],
        "wp:featuredmedia": [
            {
                "alt_text": "A boat",
                "source_url": "https://harbour.example/boat.jpg",
                "mime_type": "image/jpeg",
                "media_details": {
                    "width": 4000,
                    "height": 3000,
                    "sizes": {
                        "medium": {"source_url": "https://harbour.example/boat-300.jpg", "width": 300, "height": 225},
                        "large": {
                            "source_url": "https://harbour.example/boat-1024.jpg",
                            "width": 1024,
                            "height": "768",
                            "mime_type": "image/jpeg",
                            "filesize": 81234,
                        },
                    },
                },
            }
        ],
        "wp:term": [
            [
                {"taxonomy": "category", "name": "Uncategorized", "slug": "uncategorized"},
                {"taxonomy": "category", "name": "Food &amp; drink", "slug": "food"},
                {"taxonomy": "category", "name": "Harbour", "slug": "harbour"},
            ],
            [{"taxonomy": "post_tag", "name": "fish", "slug": "fish"}],
        ],
    },
}  # fmt: skip


async def test_every_field_of_a_post_is_read(wordpress: WordPress, tmp_path: Path) -> None:
    wordpress.posts = [post(1, START, **FULL)]
    result = await collect(wordpress, tmp_path)
    (article,) = result.articles
    assert (result.warnings, result.unchanged) == ((), False)
    assert (article.title, article.url) == (
        "Fish & chips \N{EN DASH} now 5 < 6",
        "https://harbour.example/news/1/",
    )
    assert (article.published, article.updated) == (START, datetime(2026, 11, 16, 4, tzinfo=UTC))
    assert (article.authors, article.section) == (("Mina Han & son",), "Food & drink")
    assert (article.tags, article.summary) == (("Harbour", "fish"), "By hand.")
    assert 'href="https://harbour.example/more"' in article.content
    assert "onclick" not in article.content
    assert article.image == Image(
        "https://harbour.example/boat-1024.jpg", "A boat", 1024, 768, "image/jpeg", 81234
    )
    assert article.keys[:2] == (
        "url:https://harbour.example/news/1",
        "guid:site:https://harbour.example/?post_type=news&p=1",
    )


async def test_the_sources_own_section_goes_before_the_categories(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts = [post(1, **FULL)]
    (article,) = (await collect(wordpress, tmp_path, section="City")).articles
    assert (article.section, article.tags) == ("City", ("Harbour", "fish"))


async def test_an_excerpt_that_the_machine_cut_is_no_summary(wordpress: WordPress, tmp_path: Path) -> None:
    wordpress.posts = [post(1)]
    (article,) = (await collect(wordpress, tmp_path)).articles
    assert article.summary == "Words of 1."


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({"date_gmt": "2026-11-16T00:30:00"}, START),
        ({"date_gmt": "2026-11-16T01:30:00+01:00"}, START),
        ({"date_gmt": "2026-11-16T00:30:00Z"}, START),
        ({"date_gmt": None, "date": "2026-11-16T09:30:00"}, START),  # the site's own clock
        ({"date_gmt": "0000-00-00T00:00:00", "date": "2026-11-16T09:30:00"}, START),
        ({"date_gmt": "", "date": "0000-00-00T00:00:00", "modified_gmt": ""}, None),
    ],
)
async def test_times_are_utc_though_they_do_not_say_so(
    server: HttpServer,
    wordpress: WordPress,
    tmp_path: Path,
    fields: dict[str, Any],
    published: datetime | None,
) -> None:
    shown = WordPress(server.url("/"), [post(1)])
    page = shown.answer("/wp-json/wp/v2/posts")
    assert page
    body = page.body.decode()
    for name, value in fields.items():
        old = f'"{name}": "{post(1)[name]}"'
        body = body.replace(old, f'"{name}": ' + ("null" if value is None else f'"{value}"'))
    wordpress.closed = replace(page, body=body.encode())
    (article,) = (await collect(wordpress, tmp_path)).articles
    assert article.published == published


async def test_every_page_is_read_once_and_no_more(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts = [post(number) for number in range(1, 251)]
    result = await collect(wordpress, tmp_path)
    assert [article.title for article in result.articles] == [f"News {number}" for number in range(1, 251)]
    assert questions(server) == [{"page": "1"}, {"page": "2"}, {"page": "3"}]


@pytest.mark.parametrize("number", [100, 150])
async def test_where_the_counts_are_lost_on_the_way_pages_are_read_to_the_end(
    wordpress: WordPress, tmp_path: Path, number: int
) -> None:
    wordpress.counts = False
    wordpress.posts = [post(each) for each in range(1, number + 1)]
    result = await collect(wordpress, tmp_path)
    assert (len(result.articles), result.warnings) == (number, ())


async def test_a_big_site_is_read_up_to_a_cap_that_is_said(wordpress: WordPress, tmp_path: Path) -> None:
    wordpress.posts = [post(number) for number in range(1, 1101)]
    result = await collect(wordpress, tmp_path)
    assert len(result.articles) == 1000
    assert result.warnings == ("Only the newest 1,000 of 1,100 posts were fetched.",)


async def test_a_site_that_gives_one_page_for_ever_is_asked_twice(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    page = WordPress("/", [post(number) for number in range(1, 101)], counts=False).answer(
        "/wp-json/wp/v2/posts?per_page=100"
    )
    wordpress.closed = page
    assert len((await collect(wordpress, tmp_path)).articles) == 100
    assert len(questions(server)) == 2


async def test_the_second_time_only_what_is_new_or_changed_is_asked_for(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts = [post(number, START - 30 * number * HOUR) for number in range(1, 201)]
    first = await collect(wordpress, tmp_path)
    server.requests.clear()
    later = (START + 50 * HOUR).strftime("%Y-%m-%dT%H:%M:%S")
    wordpress.posts[150] |= {"modified_gmt": later, "title": {"rendered": "Edited"}}
    scheduled = post(300, START + 40 * HOUR, modified_gmt="2026-10-01T00:00:00")
    wordpress.posts += [scheduled]
    second = await collect(wordpress, tmp_path, first.validators)
    assert sorted(article.title for article in second.articles) == [
        "Edited",
        "News 1",
        "News 300",
    ]  # a day twice
    assert questions(server) == [
        {"after": "2026-11-13T18:30:00Z", "page": "1"},
        {"modified_after": "2026-11-13T18:30:00Z", "page": "1"},
    ]
    assert second.validators.last_modified == (START + 50 * HOUR).isoformat()


async def test_nothing_new_is_unchanged_and_remembers_as_much(wordpress: WordPress, tmp_path: Path) -> None:
    wordpress.posts = [post(1, START)]
    first = await collect(wordpress, tmp_path)
    wordpress.posts = []
    again = await collect(wordpress, tmp_path, first.validators)
    assert (again.unchanged, again.validators) == (True, first.validators)


async def test_what_a_feed_remembered_at_this_address_asks_for_all(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts = [post(1)]
    await collect(wordpress, tmp_path, Validators('"a"', "Fri, 20 Nov 2026 00:00:00 GMT"))
    assert questions(server) == [{"page": "1"}]


async def test_a_clock_that_is_ahead_does_not_hide_what_comes_next(
    wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts = [post(1, modified_gmt="2030-01-01T00:00:00")]
    assert (await collect(wordpress, tmp_path)).validators.last_modified == NOW.isoformat()


async def test_protected_and_odd_posts_are_counted(wordpress: WordPress, tmp_path: Path) -> None:
    hidden = {"rendered": "", "protected": True}
    wordpress.posts = [
        post(1),
        post(2, content=hidden, excerpt=hidden),
        post(3, password="open sesame"),
        post(4, title={"rendered": ""}, content=None, excerpt=7, _embedded=[], link=5, guid=None),
        post(5, id=""),
    ]
    result = await collect(wordpress, tmp_path)
    assert [article.title for article in result.articles] == ["News 1"]
    assert result.warnings == (
        "1 entry with neither title nor text; left out.",
        "2 posts protected by a password; left out.",
        "1 post without a number, or not an object; left out.",
    )


async def test_what_is_hidden_or_missing_around_a_post_costs_nothing_else(
    wordpress: WordPress, tmp_path: Path
) -> None:
    error = {"code": "rest_forbidden", "message": "No.", "data": {"status": 403}}
    around = {"author": [error], "wp:featuredmedia": [error], "wp:term": [error, [error]]}
    wordpress.posts = [
        post(1, _embedded=around, yoast_head_json={"author": "Jun Seo"}),
        post(2, _embedded=around),
    ]
    one, two = (await collect(wordpress, tmp_path)).articles
    assert (one.authors, two.authors) == (("Jun Seo",), ())
    assert (one.image, one.section, one.tags) == (None, "", ())


@pytest.mark.parametrize(
    ("link", "route", "path"),
    [
        ("header", False, ""),
        ("html", False, ""),
        ("", False, ""),
        ("header", True, ""),
        ("html", True, ""),
        ("", True, ""),
        ("", False, "wp-json/"),
        ("", False, "wp-json/wp/v2/posts?categories=7"),
        ("", True, "?rest_route=/"),
    ],
)
async def test_the_api_is_found_wherever_it_is(
    wordpress: WordPress, tmp_path: Path, link: str, route: bool, path: str
) -> None:
    wordpress.link, wordpress.route, wordpress.posts = link, route, [post(1)]
    result = await collect(wordpress, tmp_path, path=path)
    assert [article.title for article in result.articles] == ["News 1"]
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        (refusal(401, "rest_forbidden"), "answered 401"),
        (refusal(404, "rest_no_route"), "answered 404"),
        (Page(b"<br /><b>Warning</b> in line 3 [{"), "answered with something other than JSON"),
        (Page(b'{"code": "rest_disabled"}'), r"answered without a list of posts .rest_disabled."),
        (Page(b"[" * 100_000), "answered with something other than JSON"),
        (Page(b"\xff\xfe[]"), "answered with something other than JSON"),
    ],
)
async def test_a_closed_or_broken_api_is_said_and_the_feed_is_read(
    wordpress: WordPress, tmp_path: Path, closed: Page, why: str
) -> None:
    wordpress.closed, wordpress.feed = closed, FEED
    known = Validators(last_modified=START.isoformat())
    result = await collect(wordpress, tmp_path, known)
    assert [article.title for article in result.articles] == ["From the feed"]
    (warning,) = result.warnings
    assert warning.startswith("The WordPress API cannot be used, so the site's feed was read instead: ")
    assert re.search(why, warning)
    assert result.validators == known
    assert (result.source.kind, result.moved) == (SourceKind.WORDPRESS, "")


async def test_who_says_no_is_not_asked_by_another_door(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.link, wordpress.feed, wordpress.closed = "", FEED, refusal(403, "rest_forbidden")
    await collect(wordpress, tmp_path)
    assert len(questions(server)) == 1


@pytest.mark.parametrize("feed", [None, Page(status=410)])
async def test_a_site_with_neither_is_one_sentence(
    wordpress: WordPress, tmp_path: Path, feed: Page | None
) -> None:
    wordpress.closed, wordpress.feed = refusal(401, "rest_forbidden"), feed
    with pytest.raises(CollectError, match=r"'site': the WordPress API cannot be used.* the site's feed"):
        await collect(wordpress, tmp_path)


async def test_a_page_that_fails_costs_its_posts_and_is_asked_for_again(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts = [post(number) for number in range(1, 151)]

    def answer(path: str) -> Page | None:
        return Page(status=500) if "page=2" in path else wordpress.answer(path)

    server.program = answer
    result = await collect(wordpress, tmp_path)
    assert (len(result.articles), result.validators) == (100, Validators())
    (warning,) = result.warnings
    assert warning.startswith("The posts from page 2 on are missing this time: ")


async def test_a_site_that_is_gone_is_retired_and_one_that_moved_says_where(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    server.redirect("/old", "/", 301)
    assert (await collect(wordpress, tmp_path, path="old")).moved == server.url("/")
    server.pages["/gone"] = Page(status=410)
    assert (await collect(wordpress, tmp_path, path="gone")).retired


async def test_robots_txt_decides_about_an_api_that_was_found_and_not_about_one_that_was_written(
    server: HttpServer, wordpress: WordPress, tmp_path: Path
) -> None:
    wordpress.posts, wordpress.feed = [post(1)], FEED
    server.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /wp-json/\n")
    found = await collect(wordpress, tmp_path)
    assert [article.title for article in found.articles] == ["From the feed"]
    assert "robots.txt forbids it" in found.warnings[0]
    assert questions(server) == []
    written = await collect(wordpress, tmp_path, path="wp-json/")
    assert [article.title for article in written.articles] == ["News 1"]
