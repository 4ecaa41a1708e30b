"""Feeds from a real server: RSS, Atom and JSON Feed, well-formed or odd, once and again."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import nh3
import pytest

from syndication.collect.collector import Collector
from syndication.collect.http.fetch import Fetcher
from syndication.collect.http.limits import FetchLimits
from syndication.collect.source_result import SourceResult
from syndication.domain.article import Image, Source, SourceKind, Validators
from syndication.domain.publication import Publication
from syndication.errors import CollectError
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


@pytest.fixture
async def site() -> AsyncIterator[HttpServer]:
    async with http_server() as server:
        yield server


async def collect(
    site: HttpServer, tmp_path: Path, known: Validators | None = None, *, allow_private: bool = True
) -> SourceResult:
    source = Source("wire", SourceKind.FEED, site.url("/feed"), section="Film", allow_private=allow_private)
    async with Fetcher(limits=FetchLimits(first_wait=0.01)) as fetcher:
        collector = Collector(publication=PUBLICATION, media=tmp_path, fetcher=fetcher)
        return await collector.collect(source, known or Validators(), now=NOW)


def rss(items: str, head: str = "") -> Page:
    namespaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    text = f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel><title>Paper</title><link>https://paper.example/</link>{head}{items}</channel></rss>'
    return Page(text.encode(), headers={"Content-Type": "application/rss+xml; charset=utf-8"})


ITEM = """<item><title>Fog &amp;amp; sea</title><link>https://paper.example/fog?utm_source=rss</link><guid isPermaLink="false">fog-1</guid>
<pubDate>Mon, 16 Nov 2026 09:30:05 +0900</pubDate><dc:creator>Mina Han</dc:creator><category>sea</category><category>fog</category>
<description>A &lt;b&gt;short&lt;/b&gt; word &amp;amp; more.</description>
<content:encoded><![CDATA[<p onclick="x">Long <a href="/more">text</a><img src="pic.png"><script>x</script></p>]]></content:encoded>
<media:content url="https://cdn.example/fog.jpg" medium="image" width="640" height="480" fileSize="12345" type="image/jpeg"><media:credit>HARBOUR</media:credit></media:content>
</item>"""


async def test_every_field_of_an_rss_entry_is_read(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = rss(ITEM, "<language>ko</language>")
    result = await collect(site, tmp_path)
    (article,) = result.articles
    assert result.warnings == ()
    assert (article.title, article.url) == ("Fog & sea", "https://paper.example/fog")
    assert (article.authors, article.tags, article.language) == (("Mina Han",), ("sea", "fog"), "ko")
    assert article.published == datetime(2026, 11, 16, 0, 30, 5, tzinfo=UTC)
    assert (article.summary, article.section, article.credit) == ("A short word & more.", "Film", "HARBOUR")
    assert article.image == Image("https://cdn.example/fog.jpg", "", 640, 480, "image/jpeg", 12345)
    assert article.content == (
        '<p>Long <a href="https://paper.example/more" rel="noopener noreferrer">text</a><img src="https://paper.example/pic.png"></p>'
    )
    assert nh3.clean(article.content) == article.content
    assert article.keys == ("url:https://paper.example/fog", "guid:wire:fog-1", "title:fog & sea:2026-11-16")


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ((300, 1200, 4000), 1200),
        ((1000, 640, 2400), 1000),
        ((4000, 1600), 1600),
        ((0, 800), 0),
        ((700, 0), 700),
    ],
)
async def test_of_an_image_in_several_widths_the_one_for_a_digest_is_taken(
    site: HttpServer, tmp_path: Path, offered: tuple[int, ...], taken: int
) -> None:
    media = "".join(
        f'<media:content url="https://cdn.example/{each}.jpg" medium="image" width="{each}"/>'
        for each in offered
    )
    site.pages["/feed"] = rss(f"<item><title>Fog</title><media:group>{media}</media:group></item>")
    (article,) = (await collect(site, tmp_path)).articles
    assert article.image == Image(f"https://cdn.example/{taken}.jpg", width=taken)


async def test_the_caption_of_an_image_is_its_alt_and_never_the_article(
    site: HttpServer, tmp_path: Path
) -> None:
    photo = '<media:content url="https://cdn.example/fog.jpg" medium="image"><media:description type="plain">A pier in fog</media:description></media:content>'
    word = "<description>A &lt;b&gt;short&lt;/b&gt; word.</description>"
    site.pages["/feed"] = rss(
        f"<item><title>Before</title>{photo}{word}</item><item><title>After</title>{word}{photo}</item>"
        f"<item><title>Alone</title>{photo}</item>"
    )
    articles = (await collect(site, tmp_path)).articles
    assert {each.image.alt for each in articles if each.image} == {"A pier in fog"}
    told = {each.title: (each.summary, "pier" in each.content) for each in articles}
    assert told["Before"] == told["After"] == ("A short word.", False)
    assert told["Alone"][0] == "A pier in fog"


async def test_a_second_collect_costs_one_304(site: HttpServer, tmp_path: Path) -> None:
    page = rss(ITEM)
    site.pages["/feed"] = Page(page.body, headers=page.headers, etag='"1"', gzipped=True)
    first = await collect(site, tmp_path)
    second = await collect(site, tmp_path, first.validators)
    assert (len(first.articles), first.unchanged) == (1, False)
    assert (second.articles, second.unchanged, second.validators) == ((), True, first.validators)
    assert site.statuses == [200, 304]


async def test_a_gone_feed_retires_and_a_moved_one_says_where(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = Page(status=410)
    assert (await collect(site, tmp_path)).retired
    site.redirect("/feed", "/new", 301)
    site.pages["/new"] = rss(ITEM)
    result = await collect(site, tmp_path)
    assert (result.moved, len(result.articles)) == (site.url("/new"), 1)


async def test_an_error_names_the_source(site: HttpServer, tmp_path: Path) -> None:
    with pytest.raises(CollectError, match=r"Source 'wire': .* answered 404"):
        await collect(site, tmp_path)
    with pytest.raises(CollectError, match=r"Source 'wire': .* private address"):
        await collect(site, tmp_path, allow_private=False)


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko" xml:base="https://paper.example/news/"><title>Paper</title>
<author><name>The desk</name><email>desk@paper.example</email></author><id>urn:paper</id><updated>2026-11-17T00:00:00Z</updated>
<entry><title>A &lt;b&gt; in the title &amp;amp; more</title><link href="fog"/><id>urn:fog</id><published>2026-11-16T09:30:00+09:00</published>
<updated>2026-11-17T09:30:00+09:00</updated><summary>5 &lt; 6</summary><content type="html">&lt;p&gt;&lt;img src="a.png"&gt;Text&lt;/p&gt;</content></entry>
<entry><title type="html">Sea &lt;i&gt;calm&lt;/i&gt;</title><link rel="alternate" href="/sea"/><id>urn:sea</id><updated>2026-11-15T00:00:00Z</updated>
<author><name>jun@paper.example</name></author><source><author><name>Jun Seo</name></author></source>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>X <em>y</em></p></div></content></entry></feed>"""


async def test_atom_is_read_with_its_base_language_and_authors(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = Page(ATOM.encode(), headers={"Content-Type": "application/atom+xml"})
    result = await collect(site, tmp_path)
    fog, sea = result.articles
    assert result.warnings == ()
    assert (fog.title, fog.url, fog.authors) == (
        "A <b> in the title &amp; more",
        "https://paper.example/news/fog",
        ("The desk",),
    )
    assert fog.updated == datetime(2026, 11, 17, 0, 30, tzinfo=UTC)
    assert (fog.summary, fog.language) == ("5 < 6", "ko")
    assert fog.image == Image("https://paper.example/news/a.png")
    assert (sea.title, sea.url, sea.content) == (
        "Sea calm",
        "https://paper.example/sea",
        "<p>X <em>y</em></p>",
    )
    assert (sea.published, sea.updated) == (datetime(2026, 11, 15, tzinfo=UTC), None)


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Paper",
    "home_page_url": "https://paper.example/",
    "authors": [{"name": "The desk"}],
    "language": "ko",
    "items": [
        {
            "id": 7,
            "url": "/fog",
            "title": "Fog & <sea>",
            "content_html": "<p>Text <a href='x'>x</a></p>",
            "date_published": "2026-11-16T09:30:00+09:00",
            "tags": ["fog"],
            "image": "/fog.png",
            "authors": [{"name": "Mina Han"}],
        },
        {
            "id": "8",
            "content_text": "Only words < tags.\n\nTwo lines.",
            "attachments": [{"url": "a.png", "mime_type": "image/png", "size_in_bytes": 5}],
        },
        "not an item",
        {"id": "9"},
    ],
}


async def test_json_feed_is_read_alike(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = Page(
        json.dumps(JSON_FEED).encode(), headers={"Content-Type": "application/feed+json"}
    )
    result = await collect(site, tmp_path)
    fog, words = result.articles
    assert (fog.title, fog.url, fog.authors, fog.language) == (
        "Fog & <sea>",
        "https://paper.example/fog",
        ("Mina Han",),
        "ko",
    )
    assert fog.keys[1] == "guid:wire:7"
    assert 'href="https://paper.example/x"' in fog.content
    assert fog.image == Image("https://paper.example/fog.png")
    assert (words.title, words.authors, words.published) == (
        "Only words < tags. Two lines.",
        ("The desk",),
        None,
    )
    assert words.content == "<p>Only words &lt; tags.</p><p>Two lines.</p>"
    assert words.image == Image("https://paper.example/a.png", type="image/png", length=5)
    assert result.warnings == (
        "1 item without fields; left out.",
        "1 entry with neither title nor text; left out.",
    )


@pytest.mark.parametrize("base", ["", '<rss xml:base="https://paper.example/"'])
async def test_a_bare_guid_does_not_become_an_address(site: HttpServer, tmp_path: Path, base: str) -> None:
    page = rss("<item><title>Fog</title><guid>4711</guid></item>")
    body = page.body.decode().replace("<rss", base) if base else page.body.decode()
    site.pages["/feed"] = Page(body.encode())
    (article,) = (await collect(site, tmp_path)).articles
    assert article.url == ""


async def test_a_guid_that_is_an_address_is_one_unless_it_says_no(site: HttpServer, tmp_path: Path) -> None:
    guid = "https://paper.example/fog?a=1&amp;b=2"
    site.pages["/feed"] = rss(
        f"<item><title>A</title><guid>{guid}</guid></item><item><title>B</title><guid isPermaLink='false'>{guid}</guid></item>"
    )
    assert [article.url for article in (await collect(site, tmp_path)).articles] == [
        "https://paper.example/fog?a=1&b=2",
        "",
    ]


@pytest.mark.parametrize(
    ("own", "head", "authors"),
    [
        ("<author>mina@x.example (Mina Han)</author>", "", ("Mina Han",)),
        ("<author>mina@x.example</author>", "", ()),
        ("<author>mina@x.com (Mina Han)</author>", "", ("Mina Han",)),
        ("", "<managingEditor>desk@x.example (The desk)</managingEditor>", ("The desk",)),
        ("<dc:creator>Mina Han</dc:creator><dc:creator>Jun Seo</dc:creator>", "", ("Mina Han", "Jun Seo")),
    ],
)
async def test_authors_are_names(
    site: HttpServer, tmp_path: Path, own: str, head: str, authors: tuple[str, ...]
) -> None:
    site.pages["/feed"] = rss(f"<item><title>Fog</title><link>https://x.example/</link>{own}</item>", head)
    assert (await collect(site, tmp_path)).articles[0].authors == authors


async def test_a_broken_feed_still_yields_its_entries(site: HttpServer, tmp_path: Path) -> None:
    body = (
        rss(ITEM)
        .body.replace(b"Long <a", b"Long\x0b <a")
        .replace(b"</channel></rss>", b"<item><title>Cut off</title>")
    )
    site.pages["/feed"] = Page(body)
    result = await collect(site, tmp_path)
    assert [article.title for article in result.articles] == ["Fog & sea", "Cut off"]
    assert len(result.warnings) == 1
    assert "not well-formed" in result.warnings[0]
    assert "\x0b" not in result.articles[0].content


async def test_a_feed_in_another_encoding_is_read(site: HttpServer, tmp_path: Path) -> None:
    body = (
        rss("<item><title>안개와 바다</title></item>")
        .body.decode()
        .replace('version="1.0"', 'version="1.0" encoding="euc-kr"', 1)
    )
    site.pages["/feed"] = Page(body.encode("euc-kr"), headers={"Content-Type": "application/rss+xml"})
    assert (await collect(site, tmp_path)).articles[0].title == "안개와 바다"


async def test_dates_without_a_zone_are_local_and_broken_ones_are_counted(
    site: HttpServer, tmp_path: Path
) -> None:
    dates = ("2026-11-16 09:30:00", "soon", "Mon, 16 Nov 2999 09:30:00 GMT", "")
    items = "".join(
        f"<item><title>{n}</title><pubDate>{date}</pubDate></item>" for n, date in enumerate(dates)
    )
    site.pages["/feed"] = rss(items)
    result = await collect(site, tmp_path)
    assert [article.published for article in result.articles] == [
        datetime(2026, 11, 16, 0, 30, tzinfo=UTC),
        None,
        None,
        None,
    ]
    assert result.warnings == (
        "2 entries with a date that cannot be read; dated by when they were first seen.",
    )


async def test_an_entry_without_a_title_is_named_by_its_first_words(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = rss(f"<item><description>{'Fog over the sea. ' * 20}</description></item><item/>")
    result = await collect(site, tmp_path)
    assert result.articles[0].title.startswith("Fog over the sea.")
    assert len(result.articles[0].title) <= 80
    assert result.warnings == ("1 entry with neither title nor text; left out.",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_entities_are_refused(site: HttpServer, tmp_path: Path, encoding: str) -> None:
    laughs = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    text = rss("<item><title>&b;</title></item>").body.decode().replace("?>", f"?><!-- <rss> -->{laughs}", 1)
    site.pages["/feed"] = Page(text.encode(encoding))
    with pytest.raises(CollectError, match="declares XML entities"):
        await collect(site, tmp_path)


async def test_words_about_entities_are_no_entities(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = rss(
        "<item><title>Fog</title><description><![CDATA[<!DOCTYPE x [<!ENTITY a 'b'>]>]]></description></item>"
    )
    assert len((await collect(site, tmp_path)).articles) == 1


async def test_depth_without_end_is_refused(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = rss("<x>" * 5000 + "</x>" * 5000)
    with pytest.raises(CollectError, match="deeper than 256"):
        await collect(site, tmp_path)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<!doctype html><html><body><p>A page.</p></body></html>", "is not a feed"),
        (b"", "is not a feed"),
        (b'{"items": []}', "not a JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1", \n"items": ', "broken JSON .line 2"),
        (b'{"a":' * 100_000, "JSON that cannot be read"),
    ],
)
async def test_what_is_not_a_feed_is_refused(
    site: HttpServer, tmp_path: Path, body: bytes, message: str
) -> None:
    site.pages["/feed"] = Page(body)
    with pytest.raises(CollectError, match=message):
        await collect(site, tmp_path)


async def test_a_feed_without_entries_is_a_feed(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/feed"] = rss("")
    result = await collect(site, tmp_path)
    assert (result.articles, result.warnings) == ((), ())


async def test_a_body_that_looks_like_an_address_is_not_opened(site: HttpServer, tmp_path: Path) -> None:
    site.pages["/other"] = rss(ITEM)
    site.pages["/feed"] = Page(site.url("/other").encode())
    with pytest.raises(CollectError, match="is not a feed"):
        await collect(site, tmp_path)
    assert len(site.requests) == 1
