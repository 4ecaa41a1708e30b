"""What an article page gives: each field from the best origin that has it, whatever state the page is in."""

import json
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndication.collect.article.article_page import ArticlePage, PageParser
from syndication.collect.article.choice import Facts
from syndication.domain.article import Image, Source, SourceKind
from syndication.domain.publication import Publication
from syndication.domain.text import plain
from tests.doors.article_pages import PARAGRAPHS, article

PUBLICATION = Publication(
    "The Hanok Review",
    "https://hanok.example/",
    "en",
    ZoneInfo("Asia/Seoul"),
    "1 Street",
    "https://f.example/",
    "https://w.example/",
)
URL = "https://paper.example/city/ferry?utm_source=x"
READER = PageParser(
    Source("harbour", SourceKind.SITEMAP, "https://paper.example/sitemap.xml", section="City"),
    PUBLICATION,
    now=datetime(2026, 11, 20, 12, tzinfo=UTC),
)
TEXT = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)


def read(
    head: str = "", body: str = TEXT, *, url: str = URL, listed: Facts | None = None, html: str = "<html>"
) -> ArticlePage:
    page = f"<!DOCTYPE html>{html}<head>{head}</head><body>{body}</body></html>"
    return READER.read(page.encode(), "text/html; charset=utf-8", url, listed)


def told(page: ArticlePage) -> dict[str, tuple[Any, str]]:
    return {name: (found.value, str(found.origin)) for name, found in page.fields.items()}


def ld(**data: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **data})}</script>'


OPEN_GRAPH = """<meta property="og:type" content="article"><meta property="og:title" content="From OpenGraph | Harbour Paper">
<meta property="og:site_name" content="Harbour Paper"><meta property="article:published_time" content="2026-11-17T10:00:00Z">
<meta property="article:section" content="OG section"><meta property="og:image" content="/og.jpg"><meta property="og:image:width" content="1200">
<meta property="og:image:height" content="630"><meta property="og:image:alt" content="A boat"><meta property="article:tag" content="boats">
<meta property="article:tag" content="night"><meta property="og:locale" content="en_US"><meta property="og:description" content="OG summary.">"""


def test_every_field_of_json_ld_is_read() -> None:
    found = told(
        read(
            OPEN_GRAPH
            + ld(
                **{
                    "@type": ["Thing", "NewsArticle"],
                    "headline": "Ferry &amp; night",
                    "url": "https://paper.example/city/ferry",
                },
                author=[{"@type": "Person", "name": "Mina Han"}, "Jun Seo"],
                datePublished="2026-11-18T09:30:00+09:00",
                dateModified="2026-11-19T09:30:00+09:00",
                articleSection=["City", "Boats"],
                image=[
                    {
                        "@type": "ImageObject",
                        "url": "https://cdn.example/a.jpg",
                        "width": "1200px",
                        "height": 800,
                        "caption": "The pier",
                        "creditText": "HARBOUR",
                    }
                ],
                inLanguage={"@type": "Language", "alternateName": "ko"},
                keywords="ferry, night,harbour",
                description="A short word.",
            )
        )
    )
    assert found == {
        "url": ("https://paper.example/city/ferry", "JSON-LD"),
        "title": ("Ferry & night", "JSON-LD"),
        "authors": (("Mina Han", "Jun Seo"), "JSON-LD"),
        "published": (datetime(2026, 11, 18, 0, 30, tzinfo=UTC), "JSON-LD"),
        "updated": (datetime(2026, 11, 19, 0, 30, tzinfo=UTC), "JSON-LD"),
        "section": ("City", "JSON-LD"),
        "image": (Image("https://cdn.example/a.jpg", "The pier", 1200, 800), "JSON-LD"),
        "credit": ("HARBOUR", "JSON-LD"),
        "tags": (("ferry", "night", "harbour"), "JSON-LD"),
        "language": ("ko", "JSON-LD"),
        "summary": ("A short word.", "JSON-LD"),
        "content": (found["content"][0], "trafilatura"),
    }


def test_open_graph_speaks_where_json_ld_is_silent() -> None:
    found = told(read(OPEN_GRAPH))
    assert found["title"] == ("From OpenGraph", "OpenGraph")
    assert found["published"] == (datetime(2026, 11, 17, 10, tzinfo=UTC), "OpenGraph")
    assert found["image"] == (Image("https://paper.example/og.jpg", "A boat", 1200, 630), "OpenGraph")
    assert found["tags"] == (("boats", "night"), "OpenGraph")
    assert found["url"] == ("https://paper.example/city/ferry", "source")
    assert (found["section"], found["language"]) == (("OG section", "OpenGraph"), ("en-US", "OpenGraph"))


def test_a_page_that_only_its_elements_describe() -> None:
    page = read(
        '<title>The ferry runs | Harbour Paper</title><meta name="author" content="By Mina Han and Jun Seo"><link rel="canonical" href="/ferry">',
        f'<article><h1>The ferry runs</h1><time datetime="2026-11-18 09:30">Nov 18</time>{TEXT}<img src="pier.jpg" alt="Pier" width="9" height="9"></article>',
        html='<html lang="ko">',
    )
    found = told(page)
    assert found["title"] == ("The ferry runs", "heading")
    assert found["authors"] == (("Mina Han", "Jun Seo"), "meta")
    assert found["published"] == (datetime(2026, 11, 18, 0, 30, tzinfo=UTC), "<time>")  # 09:30 in Seoul
    assert (found["url"], found["language"]) == (("https://paper.example/ferry", "meta"), ("ko", "meta"))
    assert found["section"] == ("City", "source")
    assert page.doubt == ""


def test_microdata_of_the_article_and_not_of_its_comments() -> None:
    comment = (
        '<div itemscope itemtype="https://schema.org/Comment"><span itemprop="author">Troll</span></div>'
    )
    found = told(
        read(
            body=f'<div itemscope itemtype="https://schema.org/NewsArticle"><h2 itemprop="headline">The ferry runs</h2>{comment}'
            f'<span itemprop="author" itemscope itemtype="https://schema.org/Person"><a itemprop="name" href="/mina">Mina Han</a></span>'
            f'<meta itemprop="datePublished" content="2026-11-18T09:30:00Z">{TEXT}</div>'
        )
    )
    assert found["title"] == ("The ferry runs", "microdata")
    assert found["authors"] == (("Mina Han",), "microdata")
    assert found["published"] == (datetime(2026, 11, 18, 9, 30, tzinfo=UTC), "microdata")


def test_a_broken_script_does_not_lose_the_others_and_graphs_are_walked() -> None:
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "@id": URL, "name": "Not the headline"},
            {"@type": "Person", "@id": "#mina", "name": "Mina Han"},
            {"@type": "ImageObject", "@id": "#pic", "url": "https://cdn.example/a.jpg", "width": 900},
            {
                "@type": "Article",
                "headline": "Line one\nline two",
                "author": {"@id": "#mina"},
                "image": {"@id": "#pic"},
            },
        ],
    }
    raw = json.dumps(graph).replace("\\n", "\n")  # a line end that JSON does not allow there
    broken = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Broken",,}</script>'
    found = told(read(f"{broken}<script type='application/ld+json'>\n//<![CDATA[\n{raw}\n//]]>\n</script>"))
    assert found["title"] == ("Line one line two", "JSON-LD")
    assert found["authors"] == (("Mina Han",), "JSON-LD")
    assert found["image"] == (Image("https://cdn.example/a.jpg", "", 900), "JSON-LD")


def test_of_several_articles_the_pages_own_counts_and_a_list_says_nothing() -> None:
    others = [
        {"@type": "NewsArticle", "headline": f"Other {n}", "url": f"https://paper.example/{n}"}
        for n in range(3)
    ]
    own = {
        "@type": "NewsArticle",
        "headline": "Own",
        "mainEntityOfPage": {"@id": "https://www.paper.example/city/ferry/"},
    }
    assert told(read(ld(**{"@graph": [*others, own]})))["title"] == ("Own", "JSON-LD")
    listing = read(ld(**{"@type": "ItemList", "itemListElement": others}) + "<title>All pieces</title>")
    assert told(listing)["title"] == ("All pieces", "heading")
    assert listing.doubt == "says nowhere that it is an article, nor when it was published"


def test_the_publishers_logo_is_not_the_articles_image() -> None:
    publisher = {"name": "Harbour Paper", "logo": {"url": "https://paper.example/logo.png"}}
    data = {
        "@type": "NewsArticle",
        "headline": "X",
        "image": "https://paper.example/logo.png",
        "publisher": publisher,
    }
    assert "image" not in told(read(ld(**data)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-18T09:30:00+02:00", "2026-11-18T07:30:00+00:00"),
        ("2026-11-18T09:30:00", "2026-11-18T00:30:00+00:00"),
        ("Wed, 18 Nov 2026 09:30:00 GMT", "2026-11-18T09:30:00+00:00"),
        ("1795080600", "2026-11-19T09:30:00+00:00"),
        ("1795080600000", "2026-11-19T09:30:00+00:00"),
    ],
)
def test_times_are_read_with_their_zone_or_in_the_publications(written: str, meant: str) -> None:
    found = told(read(ld(**{"@type": "NewsArticle", "headline": "X", "datePublished": written})))
    assert found["published"] == (datetime.fromisoformat(meant), "JSON-LD")


def test_a_bare_day_is_made_exact_by_who_knows_the_hour_of_it() -> None:
    day = ld(**{"@type": "NewsArticle", "headline": "X", "datePublished": "2026-11-17"})
    assert told(read(OPEN_GRAPH + day))["published"] == (datetime(2026, 11, 17, 10, tzinfo=UTC), "OpenGraph")
    other = ld(**{"@type": "NewsArticle", "headline": "X", "datePublished": "2026-11-15"})
    assert told(read(OPEN_GRAPH + other))["published"][1] == "JSON-LD"


def test_a_date_that_is_none_or_far_ahead_is_passed_over() -> None:
    for date in ("soon", "2099-01-01", "0001-01-01T00:00:00Z"):
        data = ld(**{"@type": "NewsArticle", "headline": "X", "datePublished": date})
        assert told(read(data, url="https://paper.example/2026/11/18/ferry"))["published"] == (
            datetime(2026, 11, 17, 15, tzinfo=UTC),
            "address",
        )


def test_what_a_news_sitemap_says_comes_before_a_guess() -> None:
    listed = Facts(title="The ferry runs", published="2026-11-18T09:30Z", language="ko")
    found = told(read(listed=listed))
    assert (found["title"], found["published"]) == (
        ("The ferry runs", "sitemap"),
        (datetime(2026, 11, 18, 9, 30, tzinfo=UTC), "sitemap"),
    )


def test_the_canonical_address_counts_before_those_that_are_for_sharing() -> None:
    page = read(
        ld(**{"@type": "NewsArticle", "headline": "Ferry", "url": "https://paper.example/city/shared"})
        + '<meta property="og:url" content="/city/ferry-shared"><link rel="canonical" href="/city/ferry-real">'
    )
    assert told(page)["url"] == ("https://paper.example/city/ferry-real", "meta")


def test_a_front_page_is_no_canonical_address() -> None:
    page = read(
        '<link rel="canonical" href="https://paper.example/"><meta property="og:url" content="/city/ferry-real">'
    )
    assert told(page)["url"] == ("https://paper.example/city/ferry-real", "OpenGraph")


def test_the_text_is_the_articles_with_absolute_links_and_without_its_headline() -> None:
    text = f'<h1>The ferry runs</h1><p>See <a href="/map" onclick="x()">the map</a>. {PARAGRAPHS[0]}</p>{TEXT}<script>x()</script>'
    page = read(
        OPEN_GRAPH.replace("From OpenGraph", "The ferry runs"),
        f"<nav><a href='/'>Home</a></nav><article>{text}</article>",
    )
    content = told(page)["content"][0]
    assert 'href="https://paper.example/map"' in content
    assert "The ferry runs<" not in content
    assert "Home" not in content
    assert nh3.clean(content) == content


def test_teasers_with_pictures_beside_a_text_are_not_taken_for_it() -> None:
    teaser = "<li><a href='/{0}'><img src='/{0}.jpg' alt=''> Another piece {0} that has little to do with it</a></li>"
    teasers = "".join(teaser.format(number) for number in range(12))
    page = read(OPEN_GRAPH, f"<div id='content'>{TEXT}<ul>{teasers}</ul></div>")
    content = told(page)["content"][0]
    assert "dogs travel free" in content
    assert "Another piece" not in content


def test_a_link_does_not_glue_two_words_together() -> None:
    page = read(
        OPEN_GRAPH, f"<div class='post'>The port has <a href='/x'>said</a> much about it. {TEXT}</div>"
    )
    assert "said much about it" in plain(told(page)["content"][0])


def test_a_text_that_only_json_ld_has_is_taken_from_there() -> None:
    words = "\n\n".join(PARAGRAPHS)
    page = read(
        ld(**{"@type": "NewsArticle", "headline": "X", "articleBody": words}), "<div id='app'>Loading…</div>"
    )
    assert told(page)["content"] == (TEXT, "JSON-LD")


def test_a_page_without_headline_or_text_says_which() -> None:
    assert read(body="").refusal == "has no headline"
    assert read("<title>X</title>", "").refusal == "has no text"
    assert READER.read(b"", "", URL).refusal == "holds no text"
    assert READER.read(b"\0\0\0", "", URL).refusal == "holds no text"


def test_a_system_that_calls_every_page_an_article_is_not_believed() -> None:
    about = '<meta property="og:type" content="article"><meta property="article:modified_time" content="2026-11-18T09:30:00Z"><title>About us</title>'
    assert read(about).doubt == "says nowhere that it is an article, nor when it was published"
    assert read(OPEN_GRAPH).doubt == ""


@pytest.mark.parametrize(
    ("encoding", "content_type", "declared"),
    [
        ("utf-8", "text/html; charset=euc-kr", ""),
        ("cp949", "text/html; charset=euc-kr", ""),
        ("cp949", "text/html", "<meta charset='ks_c_5601-1987'>"),
        ("cp949", "text/html; charset=utf-8", ""),
        ("utf-16", "text/html", ""),
    ],
)
def test_a_page_is_read_in_its_encoding_whatever_it_claims(
    encoding: str, content_type: str, declared: str
) -> None:
    korean = "부두의 밤 배가 십이월 첫날부터 밤새 다닌다고 항만이 금요일에 밝혔다. " * 20
    html = f"<html><head>{declared}<title>밤 배</title></head><body><article><h1>밤 배</h1><p>{korean}</p></article></body></html>"
    page = READER.read(html.encode(encoding), content_type, URL)
    assert told(page)["title"][0] == "밤 배"
    assert "항만이 금요일에" in told(page)["content"][0]


HOSTILE = {
    "deep": "<div>" * 50_000 + TEXT,
    "deep tables": "<table><tr><td>" * 5_000 + TEXT,
    "many": "<p>x</p>" * 60_000,
    "one attribute": f"<p title='{'x' * 3_000_000}'>{TEXT}",
    "open": "<p><b><i>" * 5_000 + TEXT,
    "broken": "<<<>>></p></html><body><" * 20_000 + TEXT,
    "json": '<script type="application/ld+json">' + "[" * 100_000 + "</script>" + TEXT,
    "json chain": '<script type="application/ld+json">'
    + '{"@graph":[' * 900
    + "]}" * 900
    + "</script>"
    + TEXT,
    "scripts": '<script type="application/ld+json">{"@type":"NewsArticle"}</script>' * 20_000 + TEXT,
    "metas": '<meta name="author" content="A">' * 20_000 + TEXT,
    "open script": '<script type="application/ld+json">' * 20_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_page_is_read_or_refused_within_seconds(kind: str) -> None:
    began = time.process_time()
    page = READER.read(f"<html><title>X</title>{HOSTILE[kind]}".encode(), "text/html", URL)
    assert page.article or page.refusal
    assert time.process_time() - began < 20


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<time datetime='",
                "'>",
                "<h1>",
                "\0",
                "\ud7ff",
                "<meta property='og:image' content='//",
                "<script type='application/ld+json'>",
                "</script>",
                '{"@type":"Article","headline":["',
                "]}",
                "words of the harbour ",
                "<base href='http://[bad'>",
                "<article itemprop='author'>",
                "%zz",
                "<![CDATA[",
            ]
        ),
        max_size=40,
    )
)
def test_whatever_a_page_holds_reading_it_ends_with_a_value(parts: list[str]) -> None:
    page = READER.read("".join(parts).encode("utf-8", "replace"), "text/html", URL)
    assert (page.article is None) == bool(page.refusal)


def test_the_sample_pages_of_these_tests_are_articles() -> None:
    page = READER.read(article("The ferry runs at night"), "text/html", URL)
    assert page.article is not None
    assert page.article.title == "The ferry runs at night"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>{0} <b>fog</b></p>\n<p>{1}</p><p>{2}</p>", "<p>{0} <b>fog</b></p>\n<p>{1}</p><p>{2}</p>"),
        ("&lt;p&gt;{0} &lt;b&gt;fog&lt;/b&gt;&lt;/p&gt;&lt;p&gt;{1}&lt;/p&gt;&lt;p&gt;{2}&lt;/p&gt;", "<p>{0} <b>fog</b></p><p>{1}</p><p>{2}</p>"),
        ("{0} <b>fog</b>\n{1}\n{2}", "<p>{0} <b>fog</b></p><p>{1}</p><p>{2}</p>"),
        ("{0} 1 < 2\n{1}\n{2}", "<p>{0} 1 &lt; 2</p><p>{1}</p><p>{2}</p>"),
    ],
)  # fmt: skip
def test_markup_in_json_ld_is_markup(body: str, expected: str) -> None:
    page = read(ld(**{"@type": "NewsArticle", "headline": "Fog", "datePublished": "2026-11-17", "articleBody": body.format(*PARAGRAPHS)}), f"<article><h1>Fog</h1><p>{PARAGRAPHS[0]}</p></article>")  # fmt: skip
    assert page.article
    assert page.article.content == expected.format(*PARAGRAPHS)


@pytest.mark.parametrize(
    "paid",
    [
        {"isAccessibleForFree": False},
        {"isAccessibleForFree": "False"},
        {"isAccessibleForFree": "http://schema.org/False"},
        {"hasPart": {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".more"}},
        {"isAccessibleForFree": True, "hasPart": [{"isAccessibleForFree": True}, {"isAccessibleForFree": "false"}]},
    ],
)  # fmt: skip
def test_of_a_paid_article_only_what_the_page_shows_is_taken(paid: dict[str, Any]) -> None:
    head = ld(**{"@type": "NewsArticle", "headline": "Fog", "datePublished": "2026-11-17", "articleBody": "\n".join(PARAGRAPHS), **paid})  # fmt: skip
    page = read(head, f"<article><h1>Fog</h1><p>{PARAGRAPHS[0]}</p></article>")
    assert page.article
    assert PARAGRAPHS[0] in page.article.content
    assert PARAGRAPHS[1] not in page.article.content
    assert page.remarks == ("for paying visitors; only the text shown to everybody was taken",)


def test_broken_bytes_of_a_page_are_remarked() -> None:
    data = f"<html lang=en><meta charset=utf-8><title>Été</title><article>{TEXT}".encode() + b"\xff"
    assert READER.read(data, "text/html", URL).remarks == ("with broken characters, shown as \ufffd",)


def test_a_publisher_as_author_gives_way_to_a_person_that_the_page_names() -> None:
    paper = {"@type": "Organization", "name": "Harbour Paper"}
    head = ld(**{"@type": "NewsArticle", "headline": "Fog", "datePublished": "2026-11-17", "author": paper, "publisher": paper})  # fmt: skip
    signed = read(head, f'<article><a rel="author" href="/mina">Mina Han</a>{TEXT}</article>')
    assert told(signed)["authors"] == (("Mina Han",), "heading")
    assert told(read(head, f"<article>{TEXT}</article>"))["authors"] == (("Harbour Paper",), "JSON-LD")
    aside = f'<article>{TEXT}</article><footer><a rel="author" href="/">Web Team</a></footer>'
    assert told(read(head, aside))["authors"] == (("Harbour Paper",), "JSON-LD")


def test_a_picture_too_small_for_an_article_gives_way_to_that_of_the_text() -> None:
    icon = '<meta property="og:title" content="Fog"><meta property="og:image" content="/icon.png"><meta property="og:image:width" content="64">'
    picture = '<figure><img src="/wide.jpg" width="1200" height="800" alt="Boats"></figure>'
    article = read(icon, f"<article>{picture}{TEXT}</article>").article
    assert article
    assert article.image
    assert article.image.src == "https://paper.example/wide.jpg"
    bare = read(icon, f"<article>{TEXT}</article>").article
    assert bare
    assert bare.image
    assert bare.image.src == "https://paper.example/icon.png"
