"""The three documents: what a parser gets back, what agrees, what is bounded."""

import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndication.domain.article import Image
from syndication.publish.channel import EntrySource
from syndication.publish.characters import names, printable, uri
from syndication.publish.feeds import MAX_BYTES, collected, documents
from syndication.publish.items import kept, restored, written
from syndication.publish.xml_feeds import NOTHING_YET
from syndication.render.characters import web_url
from tests.unit.publish_samples import NOON, article, channel, entry

ATOM = {"a": "http://www.w3.org/2005/Atom"}
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TEXT = st.text(st.characters(codec=None), max_size=60)  # surrogates too


def parsed(data: bytes) -> Any:
    result = feedparser.parse(data, sanitize_html=False)
    assert not result.bozo, result.get("bozo_exception")
    return result


def texts(made: dict[str, bytes], field: str) -> list[str]:
    """The first entry's title, by the XML and JSON rules alone: feedparser would strip blanks."""
    rss = etree.fromstring(made["rss.xml"]).findtext(f"channel/item/{field}")
    atom = etree.fromstring(made["atom.xml"]).findtext(f"a:entry/a:{field}", namespaces=ATOM)
    return [rss or "", atom or "", json.loads(made["feed.json"])["items"][0].get(field, "")]


def test_an_entry_has_the_same_id_in_all_three_formats_and_it_is_no_link() -> None:
    made = documents(channel(), [entry(1), entry(2)])
    ids = ["tag:harbour.example,2026-11-18:1", "tag:harbour.example,2026-11-18:2"]
    rss = etree.fromstring(made["rss.xml"])
    assert [item.id for item in parsed(made["rss.xml"]).entries] == ids
    assert [item.id for item in parsed(made["atom.xml"]).entries] == ids
    assert [item["id"] for item in json.loads(made["feed.json"])["items"]] == ids
    assert {guid.get("isPermaLink") for guid in rss.iter("guid")} == {"false"}


@pytest.mark.parametrize(
    "title",
    [
        "<b>Bold</b> & brave",
        "&amp; stays &amp;",
        "]]> ends nothing",
        "👩‍👩‍👧 family and 🇰🇷 flag",
        "부두의 안개",
        "ערב טוב",
        "'single' \"double\"",
        "https://x.example/?a=1&b=2",
    ],
)
def test_a_title_comes_back_exactly_as_it_went_in(title: str) -> None:
    made = documents(channel(), [entry(title=title)])
    assert texts(made, "title") == [title] * 3


@given(st.tuples(*[TEXT] * 6))
def test_whatever_stands_in_an_entry_the_documents_parse_and_agree(
    anything: tuple[str, str, str, str, str, str],
) -> None:
    title, summary, content, author, tag, alt = anything
    image = Image("https://harbour.example/a.jpg", alt)
    made = documents(
        channel(title="T" + title, description=summary),
        [entry(title=title, summary=summary, content=content, authors=(author,), tags=(tag,), image=image)],
    )
    kept = printable(title)
    expected = kept if kept.strip() else "https://harbour.example/1"
    assert texts(made, "title") == [expected] * 3


def test_every_code_point_that_xml_forbids_is_removed_and_every_other_stays() -> None:
    for start in range(0, 0x110000, 0x2000):
        block = "".join(map(chr, range(start, start + 0x2000)))
        kept = FORBIDDEN.sub("", block)
        # lxml raises for what it cannot write. The title is cut later than any that is meant.
        made = documents(channel(hubs=()), [entry(title="x" + block, content="", summary="")])
        assert texts(made, "title") == ["x" + kept] * 3


def test_rss_has_english_dates_the_page_as_link_and_the_description_before_the_content() -> None:
    made = documents(channel(), [entry(authors=("Nari Ok", "Sol Han"))])
    item = etree.fromstring(made["rss.xml"]).find("channel/item")
    assert item is not None
    names_ = [child.tag for child in item]
    assert names_.index("description") < names_.index("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert item.findtext("pubDate") == "Wed, 18 Nov 2026 02:00:00 +0000"
    assert item.findtext("link") == "https://harbour.example/1"
    assert [c.text for c in item.findall("{http://purl.org/dc/elements/1.1/}creator")] == [
        "Nari Ok",
        "Sol Han",
    ]
    assert item.find("author") is None
    head = etree.fromstring(made["rss.xml"]).find("channel")
    assert head is not None
    assert head.findtext("link") == "https://harbour.example/"
    assert head.findtext("lastBuildDate") == "Wed, 18 Nov 2026 02:00:00 +0000"
    assert [(link.get("rel"), link.get("href")) for link in head.findall("a:link", ATOM)] == [
        ("self", "https://news.harbour.example/feeds/rss.xml"),
        ("hub", "https://hub.example/"),
    ]


def test_a_plain_summary_is_escaped_for_rss_whose_descriptions_are_html() -> None:
    made = documents(channel(), [entry(summary="5 < 6 & <b>not bold</b>")])
    (item,) = parsed(made["rss.xml"]).entries
    assert item.summary == "5 &lt; 6 &amp; &lt;b&gt;not bold&lt;/b&gt;"
    (item,) = parsed(made["atom.xml"]).entries
    assert (item.summary, item.summary_detail.type) == ("5 < 6 & <b>not bold</b>", "text/plain")


def test_atom_links_keep_their_relations_and_types_and_content_is_html() -> None:
    feed = etree.fromstring(documents(channel(), [entry(authors=("Nari Ok",))])["atom.xml"])
    links = {(link.get("rel"), link.get("type"), link.get("href")) for link in feed.findall("a:link", ATOM)}
    assert links == {
        ("alternate", "text/html", "https://harbour.example/"),
        ("self", "application/atom+xml", "https://news.harbour.example/feeds/atom.xml"),
        ("hub", None, "https://hub.example/"),
    }
    (link,) = feed.findall("a:entry/a:link", ATOM)
    assert (link.get("rel"), link.get("type"), link.get("href")) == (
        "alternate",
        "text/html",
        "https://harbour.example/1",
    )
    content = feed.find("a:entry/a:content", ATOM)
    assert content is not None
    assert (content.get("type"), content.text) == ("html", "<p>It waits for the fog, and so do we.</p>")
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert feed.findtext("a:entry/a:author/a:name", namespaces=ATOM) == "Nari Ok"


def test_atom_has_what_rfc_4287_asks_for_also_without_link_content_or_author() -> None:
    feed = etree.fromstring(documents(channel(), [entry(url="", content="", summary="")])["atom.xml"])
    one = feed.find("a:entry", ATOM)
    assert one is not None
    for required in ("id", "title", "updated", "content"):
        assert one.findtext(f"a:{required}", namespaces=ATOM)
    assert one.find("a:link", ATOM) is None
    assert feed.findtext("a:author/a:name", namespaces=ATOM) == "The Harbour Post"


def test_the_image_stands_directly_under_the_item_with_type_and_sizes() -> None:
    image = Image("https://harbour.example/a.jpg", "A <ferry>", 640, 360, "image/jpeg", 1234)
    made = documents(channel(), [entry(image=image, credit="Nari Ok")])
    for name in ("rss.xml", "atom.xml"):
        (item,) = parsed(made[name]).entries
        (content,) = item.media_content
        assert content == {
            "url": "https://harbour.example/a.jpg",
            "medium": "image",
            "type": "image/jpeg",
            "filesize": "1234",
            "width": "640",
            "height": "360",
        }
        assert item.media_thumbnail[0]["url"] == "https://harbour.example/a.jpg"
        assert b">A &lt;ferry&gt;</media:description>" in made[name]
    assert json.loads(made["feed.json"])["items"][0]["image"] == "https://harbour.example/a.jpg"


def test_an_unknown_size_or_type_is_left_out() -> None:
    made = documents(channel(), [entry(image=Image("https://harbour.example/a.jpg"))])
    (item,) = parsed(made["rss.xml"]).entries
    assert item.media_content == [{"url": "https://harbour.example/a.jpg", "medium": "image"}]


def test_an_undated_entry_has_no_date_of_publication() -> None:
    made = documents(channel(), [entry(published=None)])
    assert b"pubDate" not in made["rss.xml"]
    assert b"<published>" not in made["atom.xml"]
    item = json.loads(made["feed.json"])["items"][0]
    assert "date_published" not in item
    assert item["date_modified"] == "2026-11-18T02:00:00+00:00"


def test_the_feed_was_updated_when_its_newest_entry_was() -> None:
    later = NOON + timedelta(days=1)
    made = documents(channel(), [entry(1), entry(2, updated=later)])
    feed = etree.fromstring(made["atom.xml"])
    assert feed.findtext("a:updated", namespaces=ATOM) == "2026-11-19T03:00:00+00:00"


def test_a_feed_without_entries_is_valid_and_says_no_time_of_its_making() -> None:
    made = documents(channel(), [])
    assert parsed(made["atom.xml"]).feed.updated == NOTHING_YET.isoformat()
    assert b"lastBuildDate" not in made["rss.xml"]
    assert parsed(made["rss.xml"]).feed.title == "The Harbour Post"
    assert json.loads(made["feed.json"])["items"] == []


def test_an_entry_in_another_language_says_so() -> None:
    made = documents(channel(), [entry(1, language="ko"), entry(2, language="en")])
    first, second = etree.fromstring(made["atom.xml"]).findall("a:entry", ATOM)
    key = "{http://www.w3.org/XML/1998/namespace}lang"
    assert (first.get(key), second.get(key)) == ("ko", None)
    assert made["rss.xml"].count(b"<dc:language>ko</dc:language>") == 1
    items = json.loads(made["feed.json"])["items"]
    assert [item.get("language") for item in items] == ["ko", None]


def test_json_feed_says_version_authors_hubs_and_tags() -> None:
    made = documents(channel(), [entry(section="Quay", tags=("fog", "Quay"), authors=("Nari Ok",))])
    feed = json.loads(made["feed.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://news.harbour.example/feeds/feed.json"
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    (item,) = feed["items"]
    assert item["tags"] == ["Quay", "fog"]
    assert item["authors"] == [{"name": "Nari Ok"}]
    assert item["content_html"] == "<p>It waits for the fog, and so do we.</p>"
    assert "content_text" not in item


def test_no_address_of_an_author_is_published() -> None:
    authors = ("Nari Ok <nari@harbour.example>", "sol@harbour.example", "Jun Mo (jun@harbour.example)")
    made = documents(channel(), [entry(authors=authors)])
    for data in made.values():
        assert b"@" not in data
    assert [a["name"] for a in json.loads(made["feed.json"])["items"][0]["authors"]] == ["Nari Ok", "Jun Mo"]


def test_an_id_that_comes_again_is_left_out() -> None:
    made = documents(channel(), [entry(1, title="first"), entry(2), entry(1, title="again")])
    titles = [item["title"] for item in json.loads(made["feed.json"])["items"]]
    assert titles == ["first", "The ferry is late for the 2. time"]


def test_a_feed_has_at_most_a_hundred_entries_and_keeps_the_first() -> None:
    made = documents(channel(), [entry(number) for number in range(130)])
    for name in ("rss.xml", "atom.xml"):
        ids = [item.id for item in parsed(made[name]).entries]
        assert ids == [f"tag:harbour.example,2026-11-18:{number}" for number in range(100)]
    assert len(json.loads(made["feed.json"])["items"]) == 100


def test_no_document_is_over_512_kib_and_all_three_have_the_same_entries() -> None:
    long = "<p>" + "fog over the quay " * 800 + "</p>"
    made = documents(channel(), [entry(number, content=long) for number in range(100)])
    assert all(len(data) <= MAX_BYTES for data in made.values())
    counts = {len(parsed(made["rss.xml"]).entries), len(parsed(made["atom.xml"]).entries)}
    counts.add(len(json.loads(made["feed.json"])["items"]))
    (count,) = counts
    assert 30 <= count < 100


def test_one_endless_article_is_given_as_its_summary_and_pushes_nobody_out() -> None:
    made = documents(channel(), [entry(1, content="<p>" + "fog " * 200_000), entry(2), entry(3)])
    first, *others = json.loads(made["feed.json"])["items"]
    assert first["content_text"] == "It waits for the fog."
    assert len(others) == 2
    assert all("content_html" in item for item in others)


def test_an_endless_title_or_address_or_a_flood_of_tags_pushes_nobody_out() -> None:
    flood = entry(
        1,
        title="fog " * 200_000,
        url="https://harbour.example/" + "a" * 600_000,
        tags=tuple(f"tag {number}" + "x" * 9_000 for number in range(9_000)),
        authors=tuple(f"Author {number}" for number in range(9_000)),
        section="x" * 600_000,
    )
    made = documents(channel(), [flood, entry(2)])
    first, second = json.loads(made["feed.json"])["items"]
    assert first["title"].startswith("fog fog")
    assert "url" not in first
    assert second["id"] == "tag:harbour.example,2026-11-18:2"


def test_items_come_back_from_what_is_kept_of_them() -> None:
    items = written("en", [entry(1, title="안개 ]]> </item>"), entry(2)])
    assert restored(kept(items)) == items
    assert collected(channel(), items) == documents(channel(), [entry(1, title="안개 ]]> </item>"), entry(2)])


def test_the_stylesheet_stands_before_the_root() -> None:
    made = documents(channel(stylesheet='https://x.example/a b".css'), [])
    for name in ("rss.xml", "atom.xml"):
        instruction = etree.fromstring(made[name]).getprevious()
        assert instruction is not None
        assert instruction.tag is etree.ProcessingInstruction
        assert instruction.get("href") == "https://x.example/a%20b%22.css"
    assert b"xml-stylesheet" not in documents(channel(stylesheet=""), [])["rss.xml"]


def test_an_entry_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        entry(updated=datetime(2026, 11, 18, 3))  # noqa: DTZ001 - the naive time is what is refused


def test_addresses_become_uris_once() -> None:
    assert uri("https://부두.example/안개?q=a b&c=50%") == (
        "https://xn--hu1b67o.example/%EC%95%88%EA%B0%9C?q=a%20b&c=50%25"
    )
    assert (
        uri(uri("https://x.example/é%20")) == uri("https://x.example/é%20") == "https://x.example/%C3%A9%20"
    )


@given(st.text(max_size=40))
def test_an_address_is_always_ascii_and_encoding_it_again_changes_nothing(text: str) -> None:
    once = uri("https://harbour.example/" + text)
    assert once.isascii()
    assert uri(once) == once


def test_names_are_kept_once_and_without_brackets_left_behind() -> None:
    assert names(["Nari Ok", "Nari  Ok <n@x.example>", "\x00", "@handle"]) == ("Nari Ok", "@handle")


def test_times_of_every_zone_are_written_with_their_offset() -> None:
    zone = timezone(timedelta(hours=-3, minutes=-30))
    time = datetime(2026, 11, 18, 3, tzinfo=zone)
    made = documents(channel(), [entry(published=time, updated=time)])
    assert b"<pubDate>Wed, 18 Nov 2026 03:00:00 -0330</pubDate>" in made["rss.xml"]
    assert b"<published>2026-11-18T03:00:00-03:30</published>" in made["atom.xml"]


def test_the_samples_are_dated_as_the_tests_say() -> None:
    assert article().dated == datetime(2026, 11, 18, 2, tzinfo=UTC)
    assert NOON.astimezone(ZoneInfo("Asia/Seoul")).hour == 12


def test_an_entry_of_another_feed_says_which_in_atom_and_rss() -> None:
    made = documents(
        channel(), [entry(1, origin=EntrySource("The Wire", "https://wire.example/feed")), entry(2)]
    )
    feed = etree.fromstring(made["atom.xml"])
    (source,) = feed.findall("a:entry/a:source", ATOM)
    assert source.findtext("a:title", namespaces=ATOM) == "The Wire"
    assert source.findtext("a:id", namespaces=ATOM) == "https://wire.example/feed"
    (item,) = etree.fromstring(made["rss.xml"]).findall("channel/item/source")
    assert (item.text, item.get("url")) == ("The Wire", "https://wire.example/feed")


def test_browsers_are_given_css_and_no_xslt_and_readers_half_an_hour() -> None:
    made = documents(channel(), [entry()])
    for name in ("rss.xml", "atom.xml"):
        head = made[name].partition(b"<entry>")[0].partition(b"<item>")[0]
        assert (
            b'<?xml-stylesheet type="text/css" href="https://news.harbour.example/feeds/feed.css"?>' in head
        )
        assert b"xsl" not in head.replace(b"xml-stylesheet", b"")
    assert etree.fromstring(made["rss.xml"]).findtext("channel/ttl") == "30"


def test_an_endless_name_costs_no_more_than_a_long_one() -> None:
    began = time.process_time()
    assert names(["x" * 1_000_000]) == ("x" * 200,)
    assert time.process_time() - began < 1  # took the square of its length: hours


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("https://x.example/a?tag[]=sea&n=2", "https://x.example/a?tag%5B%5D=sea&n=2"),
        ("https://[2001:db8::1]:8080/a[1]", "https://[2001:db8::1]:8080/a%5B1%5D"),
        ("https://x.example/a|b^c`d{e}\\", "https://x.example/a%7Cb%5Ec%60d%7Be%7D%5C"),
        ("https://x.example/a#b#[c]", "https://x.example/a#b%23%5Bc%5D"),
        ("https://x.example/50%", "https://x.example/50%25"),
    ],
)
def test_what_no_uri_has_is_encoded_in_feeds_and_pages_but_for_the_brackets_of_an_ipv6_host(
    address: str, right: str
) -> None:
    assert uri(address) == web_url(address) == right
