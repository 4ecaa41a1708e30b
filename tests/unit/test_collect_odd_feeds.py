"""Feeds as they are: every entry is an article, or it is counted with a reason."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndication.collect.feeds.entry import FeedArticles
from syndication.collect.feeds.feed import read_feed
from syndication.collect.text.charset import decoded
from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.domain.publication import Publication
from syndication.errors import CollectError

URL = "https://paper.example/feeds/all.xml"
PUBLICATION = Publication(
    "The Hanok Review", "https://hanok.example/", "en", ZoneInfo("Asia/Seoul"), "1 Street", "https://f.example/", "https://w.example/"
)  # fmt: skip
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KOREAN, RUSSIAN, FRENCH = "안개와 바다의 노래", "Туман над морем", "L\N{RIGHT SINGLE QUOTATION MARK}été déjà"


def read(data: bytes, content_type: str = "") -> FeedArticles:
    subscriber = FeedArticles(Source("wire", SourceKind.FEED, URL), PUBLICATION, now=NOW)
    read_feed(data, content_type, URL, subscriber)
    return subscriber


def titles(data: str) -> list[str]:
    return [article.title for article in read(data.encode()).articles]


def one(items: str) -> ParsedArticle:
    subscriber = read(rss(items).encode())
    assert subscriber.warnings == []
    (article,) = subscriber.articles
    return article


def rss(items: str, *, start: str = '<?xml version="1.0"?>', head: str = "", attributes: str = "") -> str:
    spaces = "".join(
        f' xmlns:{name}="{url}"'
        for name, url in {
            "content": "http://purl.org/rss/1.0/modules/content/",
            "dc": "http://purl.org/dc/elements/1.1/",
            "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        }.items()
    )
    channel = f"<channel><title>Paper</title><link>https://paper.example/</link>{head}{items}</channel>"
    return f'{start}<rss version="2.0"{spaces}{attributes}>{channel}</rss>'


@pytest.mark.parametrize(
    ("title", "declared", "real", "content_type", "language"),
    [
        (KOREAN, "utf-8", "utf-8", "", ""),
        (KOREAN, "", "utf-8", "text/xml", ""),
        (KOREAN, "", "utf-8", "application/rss+xml; charset=iso-8859-1", ""),
        (KOREAN, "euc-kr", "euc-kr", "", ""),
        (KOREAN, "", "euc-kr", "text/xml; charset=euc-kr", ""),
        (KOREAN, "utf-8", "euc-kr", "", "ko"),
        (KOREAN, "iso-8859-1", "cp949", "text/xml; charset=utf-8", "ko-kr"),
        (RUSSIAN, "windows-1251", "windows-1251", "", ""),
        (RUSSIAN, "utf-8", "windows-1251", "", "ru"),
        (RUSSIAN, "windows-1251", "utf-8", "", ""),
        (RUSSIAN, "utf-16", "utf-8", "", ""),
        (FRENCH, "iso-8859-1", "windows-1252", "", ""),
        (FRENCH, "ISO8859-1", "windows-1252", "", ""),
        (FRENCH, "us-ascii", "utf-8", "", ""),
        (FRENCH, "x-nonsense", "utf-8", "", ""),
        (FRENCH, "zip", "utf-8", "", ""),
        (KOREAN, "utf-16", "utf-16", "", ""),
        (KOREAN, "utf-8", "utf-16", "", ""),
        (KOREAN, "", "utf-16-le", "", ""),
        (KOREAN, "utf-16", "utf-16-be", "", ""),
        (KOREAN, "", "utf-32", "", ""),
        (KOREAN, "iso-8859-1", "utf-8-sig", "", ""),
    ],
)
def test_the_real_encoding_counts_whatever_is_declared(
    title: str, declared: str, real: str, content_type: str, language: str
) -> None:
    start = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    head = f"<language>{language}</language>" if language else ""
    subscriber = read(
        rss(f"<item><title>{title}</title></item>", start=start, head=head).encode(real), content_type
    )
    assert [article.title for article in subscriber.articles] == [title]
    assert subscriber.warnings == []


def test_a_character_that_was_cut_in_two_costs_itself_alone() -> None:
    data = rss(f"<item><title>{KOREAN * 3}</title><description>안개!</description></item>").encode()
    (article,) = read(data.replace("개!".encode(), "개".encode()[:2])).articles
    assert article.title == KOREAN * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp949", "cp1251", "shift_jis", "big5", "cp1252"])
@settings(max_examples=20)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading(encoding: str, noise: bytes) -> None:
    assert isinstance(decoded(noise, f"text/html; charset={encoding}"), str)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("A &lt;b&gt;bold&lt;/b&gt; move", "A bold move"),
        ("<![CDATA[<b>X</b> &amp; Y&#8217;s]]>", "X & Y\N{RIGHT SINGLE QUOTATION MARK}s"),
        ("5 &amp;lt; 6", "5 < 6"),
        ("Is 3 &lt; 4 and b > a?", "Is 3 < 4 and b > a?"),
        ("A <b>raw</b> one", "A raw one"),
        ("Caf&eacute;&nbsp;&bogus; & co", "Café &bogus; & co"),
        ("It&#146;s A&#11;B&#0;C&#xD800;D", "It\N{RIGHT SINGLE QUOTATION MARK}s ABCD"),
        ("A\x0bB\x00C", "ABC"),
        ("\n  two\n  lines ", "two lines"),
    ],
)
def test_a_title_is_its_words(written: str, title: str) -> None:
    assert one(f"<item><title>{written}</title></item>").title == title


def test_content_that_was_escaped_twice_is_markup_and_words_about_markup_are_words() -> None:
    twice = one(
        "<item><title>A</title><description>&amp;lt;p&amp;gt;Fog&amp;lt;/p&amp;gt;</description></item>"
    )
    words = one("<item><title>A</title><description>The tag &amp;lt;p&amp;gt; in HTML.</description></item>")
    assert (twice.content, words.content) == ("<p>Fog</p>", "The tag &lt;p&gt; in HTML.")


def test_cdata_is_not_mended() -> None:
    article = one(
        "<item><title>A</title><link><![CDATA[https://paper.example/?a=1&b=2]]></link>"
        "<description><![CDATA[<pre>a &amp;&amp; b</pre>]]></description></item>"
    )
    assert (article.url, article.content) == ("https://paper.example/?a=1&b=2", "<pre>a &amp;&amp; b</pre>")


@pytest.mark.parametrize(
    ("items", "attributes", "url"),
    [
        ("<item><title>A</title><link>/fog</link></item>", "", "https://paper.example/fog"),
        ("<item><title>A</title><link>//cdn.example/x</link></item>", "", "https://cdn.example/x"),
        (
            "<item xml:base='d/'><title>A</title><link>fog</link></item>",
            " xml:base='https://z.example/y/'",
            "https://z.example/y/d/fog",
        ),
        ("<item><title>A</title><link>javascript:alert(1)</link></item>", "", ""),
        ("<item><title>A</title><link href='https://paper.example/h'/></item>", "", "https://paper.example/h"),
        ("<item><title>A</title><link>\n https://paper.example/c \n</link></item>", "", "https://paper.example/c"),
    ],
)  # fmt: skip
def test_a_link_is_absolute_or_none(items: str, attributes: str, url: str) -> None:
    (article,) = read(rss(items, attributes=attributes).encode()).articles
    assert article.url == url


ITEM = "<item><title>Fog</title><link>https://paper.example/fog</link></item>"
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://paper.example/"><title>Paper</title></channel>{ITEM.replace("<item>", '<item rdf:about="https://paper.example/fog">')}</rdf:RDF>"""
OLD_ATOM = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Paper</title><entry>
<title mode="escaped" type="text/html">Fog</title><link rel="alternate" type="text/html" href="https://paper.example/fog"/>
<id>tag:fog</id><issued>2026-11-16T09:30:00Z</issued></entry></feed>"""
OLD_DOCTYPE = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'


@pytest.mark.parametrize(
    "data",
    [
        RDF,
        OLD_ATOM,
        rss(ITEM, start=OLD_DOCTYPE).replace('"2.0"', '"0.91"'),
        rss("").replace("</rss>", f"{ITEM}</rss>"),  # beside the channel
        f"<rss><channel><title>Paper</title>{ITEM}</channel></rss>",
        f"\n\n\ufeff  {rss(ITEM)}",
        f"<RSS VERSION='2.0'><CHANNEL>{ITEM.upper().replace('FOG', 'Fog').replace('HTTPS', 'https')}</CHANNEL></RSS>",
    ],
    ids=["RDF", "Atom 0.3", "RSS 0.91", "beside", "no version", "blanks first", "capitals"],
)
def test_every_form_of_feed_is_read(data: str) -> None:
    subscriber = read(data.encode())
    assert [article.title for article in subscriber.articles] == ["Fog"]
    assert subscriber.warnings == []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (rss(f"{ITEM}<item><title>Cut</title><description>Half a sen")[: -len("</channel></rss>")], ["Fog", "Cut"]),
        (f"Warning: line 3<br/>{rss(ITEM)}", ["Fog"]),
        (f"{rss(ITEM)}<script>cached</script>", ["Fog"]),
        (rss(f"<item><dc:x><title>Odd</dc:x></title></item>{ITEM}"), ["Odd", "Fog"]),
        (rss(ITEM).replace(' xmlns:dc="', ' xmlns:gone="').replace("</item>", "<dc:creator>Mina</dc:creator></item>"), ["Fog"]),
    ],
    ids=["truncated", "junk before", "junk behind", "crossed", "prefix unknown"],
)  # fmt: skip
def test_what_is_broken_is_read_as_far_as_it_goes_and_said(data: str, found: list[str]) -> None:
    subscriber = read(data.encode())
    assert [article.title for article in subscriber.articles] == found
    assert [warning.partition(" (")[0] for warning in subscriber.warnings] == ["The feed is not well-formed"]
    assert "(line " in subscriber.warnings[0]


@pytest.mark.parametrize(
    "data", ["", "  \n", "<html><body><p>A page.</p></body></html>", "plain words", "<a/>"]
)
def test_what_is_no_feed_is_refused(data: str) -> None:
    with pytest.raises(CollectError, match="is not a feed"):
        read(data.encode())


def test_a_page_that_names_its_feed_is_refused_with_that_address() -> None:
    page = "<html><head><link rel='alternate' type='application/atom+xml' href='/atom.xml'></head><p>A</p></html>"
    with pytest.raises(CollectError) as refusal:
        read(page.encode())
    assert refusal.value.hint == "It is a page; its feed is https://paper.example/atom.xml."


def test_a_podcast_is_read_and_an_episode_without_words_is_counted() -> None:
    sound = "<enclosure url='https://paper.example/1.mp3' type='audio/mpeg' length='5'/>"
    subscriber = read(
        rss(
            f"<item><title>One</title><itunes:summary>Of fog.</itunes:summary><itunes:image href='https://paper.example/1.jpg'/>{sound}</item><item>{sound}</item>"
        ).encode()
    )
    (episode,) = subscriber.articles
    assert (episode.title, episode.summary) == ("One", "Of fog.")
    assert episode.image
    assert episode.image.src == "https://paper.example/1.jpg"
    assert subscriber.warnings == ["1 entry with neither title nor text; left out."]


def test_a_date_that_cannot_be_read_gives_way_to_one_that_can() -> None:
    article = one(
        "<item><title>A</title><pubDate>soon</pubDate><dc:date>2026-11-16T00:00:00Z</dc:date></item>"
    )
    assert article.published == datetime(2026, 11, 16, tzinfo=UTC)


@pytest.mark.slow
def test_ten_thousand_entries_are_ten_thousand_articles() -> None:
    items = "".join(
        f"<item><title>T {n}</title><guid isPermaLink='false'>{n}</guid></item>" for n in range(10_000)
    )
    subscriber = read(rss(items).encode())
    assert len({article.keys for article in subscriber.articles}) == 10_000


def items(*found: Any, **head: Any) -> bytes:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Paper", "items": list(found)} | head
    return json.dumps(feed, ensure_ascii=False).encode()


def test_json_of_odd_types_loses_no_item() -> None:
    subscriber = read(
        items(
            {"id": None, "title": "No id", "tags": "fog", "authors": {"name": "Mina"}},
            {"id": 1.5, "title": 5, "date_published": 1794821400},
            {"id": "x", "content_html": ["not text"]},
            {
                "id": "y",
                "title": "Half \ud83d".encode("utf-8", "ignore").decode(),
                "tags": [1, None, "a", {}],
            },
            ["a list"],
            None,
        )
    )
    assert [article.title for article in subscriber.articles] == ["No id", "5", "Half"]
    assert subscriber.articles[1].published == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
    assert subscriber.articles[2].tags == ("1", "a")
    assert subscriber.warnings == [
        "2 items without fields; left out.",
        "1 entry with neither title nor text; left out.",
    ]


@pytest.mark.parametrize("found", [{"a": 1}, None, "text"])
def test_json_without_a_list_of_items_is_said(found: object) -> None:
    assert read(items(items=found)).warnings == ["The feed has no list of items."]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "euc-kr"])
def test_json_in_another_encoding_is_read(encoding: str) -> None:
    data = items({"id": "1", "title": KOREAN}).decode().encode(encoding)
    subscriber = read(data, "application/json; charset=euc-kr")
    assert [article.title for article in subscriber.articles] == [KOREAN]


@pytest.mark.parametrize(
    ("title", "content_type", "expected"),
    [
        ("Été à la plage".encode() + b" \x92", "text/xml; charset=utf-8", "Été à la plage \ufffd"),
        (b"Fog\xa0\xffgy", "", "Fog\ufffd\ufffdgy"),
        ("café ".encode() + b"caf\xe9", 'application/rss+xml; charset="UTF-8"', "café caf\ufffd"),
        ("Für über größe".encode("cp1252") * 3, "text/xml; charset=utf-8", "Für über größe" * 3),
    ],
)  # fmt: skip
def test_declared_utf8_stays_utf8_with_a_warning_unless_most_of_it_is_broken(
    title: bytes, content_type: str, expected: str
) -> None:
    start = '<?xml version="1.0" encoding="utf-8"?>'
    data = rss("<item><title>@</title></item>", start=start).encode().replace(b"@", title)
    found = read(data, content_type)
    assert [article.title for article in found.articles] == [expected]
    assert bool(found.warnings) == ("\ufffd" in expected)


def test_early_json_feeds_had_an_address_without_tls() -> None:
    for version in ("http://jsonfeed.org/version/1", "https://www.jsonfeed.org/version/1.1"):
        data = json.dumps({"version": version, "items": [{"id": "1", "title": "Fog"}]}).encode()
        assert [article.title for article in read(data, "application/json").articles] == ["Fog"]
