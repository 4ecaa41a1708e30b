"""Every subscriber under hostile input: nothing but CollectError comes out, and no field costs more than its length."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndication.collect.article.article_page import PageParser
from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.feeds.json_feed import is_json, read_json_feed
from syndication.collect.feeds.xml_feed import read_xml_feed
from syndication.collect.folder.read import read_folder
from syndication.collect.hot.file import read_hot_file
from syndication.collect.http.robots import read_rules
from syndication.collect.pages.page_source import read_section_page
from syndication.collect.pages.sitemap_file import read_sitemap_file
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute, canonical, shown, without_tracking
from syndication.collect.text.site_head import read_head
from syndication.collect.text.words import author_name
from syndication.collect.wordpress.post import post_entry
from syndication.domain.article import Source, SourceKind
from syndication.domain.publication import Publication
from syndication.errors import CollectError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
DESK = Publication(title="Tern", url="https://tern.example/", language="en", timezone=SEOUL, address="1 Pier Road", feeds_url="https://tern.example/f/", web_url="https://tern.example/w/", logo="", domain="tern.example")  # fmt: skip
WIRE = Source("wire", SourceKind.FEED, "https://x.example/feed")
FIELDS = ("link", "guid", "pubDate", "author", "dc:creator", "category", "description", "title")
RSS = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title><item>{}</item></channel></rss>'
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://x.example/"><title>t</title>
<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b></div></title><id>x</id><link href="y"/>
<updated>2026-11-20T00:00:00Z</updated><author><name>n</name></author><content type="html">&lt;p&gt;x</content></entry></feed>"""
ITEM = {"id": 7, "url": "/a", "title": "a", "content_html": "<p>x", "date_published": "2026-11-20T00:00:00Z",
        "authors": [{"name": "n"}], "tags": ["t"], "image": "i.png", "attachments": [{"mime_type": "image/png", "url": "x"}]}  # fmt: skip
JSON = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [ITEM]}).encode()
PAGE = b"""<!doctype html><html lang="en"><head><title>t</title><link rel="canonical" href="https://x.example/a">
<meta property="og:image" content="i.png"><meta name="author" content="n"></head><body><article><h1>t</h1><p>x</p></article></body></html>"""
SAVED = b"""A headline\nMe\nme@x.example | 2026-11-20 12:00:00\nCREDIT\nWords.\nWEEKLY HOT\n- 1A headline\n- 2Another\n"""
MARKDOWN = b"---\ntitle: a\ndate: 2026-11-20\nauthors: [b, c]\nurl: https://x.example/\n---\n\nWords.\n"
PIECES = [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"&#xD800;", b"<![CDATA[", b"]]>", b"<!--", b"http://[", b"http://x:9999999/",
          b"9" * 400, b"1e999", b"NaN", b'"\\ud800"', b"<b>" * 300, b"Thu, 31 Feb 0000 25:61:61 +9959", b"0001-01-01T00:00:00+23:59",
          b"9999-12-31T23:59:59-23:59", b'<?xml version="1.0" encoding="zlib"?>', b"\xe2\x80\xa8", b"null", b"[]", b"{}"]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, *whole: bytes) -> bytes:
    """One of `whole` with a few pieces cut out, repeated or put in."""
    data = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        middle = draw(st.sampled_from([b"", data[start:end] * 9, *PIECES]) | st.binary(max_size=4))
        data = data[:start] + middle + data[end:]
    return data


def read_feed(data: bytes) -> FeedArticles:
    subscriber = FeedArticles(WIRE, DESK, now=NOW)
    read = read_json_feed if is_json(data, "") else read_xml_feed
    read(data, "", "https://x.example/feed", subscriber)
    subscriber.close()
    return subscriber


@given(damaged(ATOM, JSON, RSS.format("".join(f"<{name}>x</{name}>" for name in FIELDS)).encode()))
def test_a_damaged_feed_is_articles_or_one_error(data: bytes) -> None:
    try:
        subscriber = read_feed(data)
    except CollectError:
        return
    for article in subscriber.articles:
        assert article.content_hash()
        assert "\x00" not in article.title + article.content
        for moment in (article.published, article.updated):
            assert moment is None or moment.astimezone(UTC)


SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://x.example/a</loc><lastmod>2026-11-20</lastmod>
<news:news><news:publication><news:name>t</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-20T12:00:00Z</news:publication_date><news:title>t</news:title></news:news></url></urlset>"""
SCRIPTED = PAGE.replace(
    b"</head>",
    b'<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle", "headline": "t", "author": [{"name": "n"}], '
    b'"datePublished": "2026-11-20T12:00:00Z", "image": {"url": "i.png", "width": 9}}]}</script></head>',
)


@settings(max_examples=30)
@given(damaged(SITEMAP), damaged(SCRIPTED))
def test_a_damaged_site_is_pages_or_one_error(sitemap: bytes, page: bytes) -> None:
    with suppress(CollectError):
        read_sitemap_file(sitemap, "https://x.example/s.xml", "s.xml", SEOUL)
    with suppress(CollectError):
        read_section_page(page, "text/html", "https://x.example/", "a")
    with suppress(CollectError):
        PageParser(WIRE, DESK, now=NOW).read(page, "text/html", "https://x.example/a")


@settings(max_examples=60)
@given(
    damaged(PAGE),
    damaged(SAVED),
    damaged(MARKDOWN),
    damaged(b"title,score\na,5\n", b'[{"title": "a", "score": 5}]'),
)
def test_a_damaged_file_is_an_article_or_one_warning(
    tmp_path_factory: pytest.TempPathFactory, page: bytes, saved: bytes, markdown: bytes, ranking: bytes
) -> None:
    folder = tmp_path_factory.mktemp("desk")
    for name, data in (("a.html", page), ("b.txt", saved), ("c.md", markdown)):
        (folder / name).write_bytes(data)
    source = Source("desk", SourceKind.FOLDER, str(folder))
    reading = read_folder(source, publication=DESK, media=folder / "media")
    assert len(reading.articles) + len(reading.warnings) >= 3
    file = folder / ("hot.json" if ranking[:1] in b"[{" else "hot.csv")
    file.write_bytes(ranking)
    try:
        read_hot_file(file)
    except CollectError:
        return


@given(
    damaged(
        b"https://u:p@x.example:80/a/../b?utm_source=x&y=%zz#!f",
        b"//[::1]:80/",
        b"2026-11-20T12:00:00+09:00",
        b"By A (b@x.example)",
    )
)
def test_damaged_words_are_links_times_and_names_or_nothing(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if url := absolute(text, "https://x.example/"):
        assert url.isascii()
        assert canonical(without_tracking(url))
    shown(text)
    moment = read_time(text, SEOUL)
    assert moment is None or moment.astimezone(UTC)
    author_name(text)
    read_rules(data).can_fetch("https://x.example/a", "syndication")


REPEATED = ("a", "a.", "2026-", "a@", "<a ", "…<a ", "&", " ", "\n", "\u00ad", "<p><b>", "- 1")


def byline_of(text: str) -> None:
    read_feed(RSS.format(f"<title>t</title><author>{escape(text)}</author>").encode())


def post_of(text: str) -> None:
    said = {"rendered": text}
    post_entry(
        {"link": text, "title": said, "excerpt": said, "content": said, "guid": said, "date_gmt": text},
        "https://x.example/",
    )


def head_of(text: str) -> None:
    read_head(f"<html><head>{text}".encode(), "https://x.example/", {"link": text, "content-type": text})


def cost(read: Callable[[str], None], text: str) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    with suppress(CollectError):
        read(text)
    return time.process_time() - began


def page_of(text: str) -> None:
    PageParser(WIRE, DESK, now=NOW).read(
        f"<html><head><title>{text}</title></head><body><article>{text}".encode(), "", "https://x.example/a"
    )


@pytest.mark.parametrize("read", [byline_of, post_of, head_of, page_of])
def test_no_repetition_in_a_field_costs_the_square_of_its_length(read: Callable[[str], None]) -> None:
    """Such a field would take a minute then; five seconds are for a slow machine."""
    for repeated in REPEATED:
        text = (repeated * 30_000)[:30_000]
        assert cost(read, text) < 5, repeated
