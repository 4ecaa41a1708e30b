"""`older/`: a feed of many documents that do not change (RFC 5005), walked as a subscriber walks it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.flows.publishing.publish import run_publish
from syndication.publish.feeds import MAX_BYTES
from tests.flows.newsroom import Newsroom

BASE = "https://news.harbour.example/feeds/older/"
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "fh": "http://purl.org/syndication/history/1.0",
}
START = datetime(2023, 1, 1, tzinfo=UTC)
DESK = Source("desk", SourceKind.FOLDER, "articles")


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def piece(number: int, text: str = "As it was.") -> ParsedArticle:
    return ParsedArticle(
        title=f"Piece {number}",
        keys=(f"url:https://harbour.example/{number}",),
        url=f"https://harbour.example/{number}",
        published=START + timedelta(hours=number),
        content=f"<p>{text}</p>",
    )


async def published(newsroom: Newsroom, *pieces: ParsedArticle) -> None:
    newsroom.later(hours=1)
    async with newsroom.app() as app:
        await app.store.articles.merge(
            DESK,
            pieces,
            others=(),
            now=newsroom.now,
            mint=lambda: f"tag:{newsroom.moment.new_id()}",
            backlog=lambda _: "",
        )
        await run_publish(app)


def path(newsroom: Newsroom, url: str) -> Path:
    return newsroom.folder / "feeds/older" / url.removeprefix(BASE)


def walked_atom(newsroom: Newsroom) -> list[tuple[str, str]]:
    """Title and text of every entry, from the subscription document back to the first."""
    found: list[tuple[str, str]] = []
    url = f"{BASE}atom.xml"
    while url:
        feed = etree.parse(path(newsroom, url))
        sealed = feed.find("fh:archive", NAMES) is not None
        assert sealed == (url != f"{BASE}atom.xml")
        if sealed:
            assert feed.xpath("a:link[@rel='current']/@href", namespaces=NAMES) == [f"{BASE}atom.xml"]
        assert feed.xpath("a:link[@rel='self']/@href", namespaces=NAMES) == [url]
        found += [
            (entry.findtext("a:title", namespaces=NAMES), entry.findtext("a:content", namespaces=NAMES))
            for entry in feed.findall("a:entry", NAMES)
        ]
        url = next(iter(feed.xpath("a:link[@rel='prev-archive']/@href", namespaces=NAMES)), "")
    return found


def walked_json(newsroom: Newsroom) -> list[str]:
    found: list[str] = []
    url = f"{BASE}feed.json"
    while url:
        feed = json.loads(path(newsroom, url).read_text())
        assert feed["feed_url"] == url
        assert url != feed.get("next_url")
        found += [item["title"] for item in feed["items"]]
        url = feed.get("next_url", "")
    return found


def sealed(newsroom: Newsroom) -> dict[str, bytes]:
    return {name: data for name, data in newsroom.files("feeds/older").items() if name.count("/") == 3}


async def test_whoever_follows_prev_archive_finds_every_article_once_the_newest_first(
    newsroom: Newsroom,
) -> None:
    await published(newsroom, *map(piece, range(230)))
    expected = [f"Piece {number}" for number in reversed(range(230))]
    assert [title for title, _ in walked_atom(newsroom)] == expected
    assert walked_json(newsroom) == expected
    rss = etree.parse(newsroom.folder / "feeds/older/rss.xml")
    assert rss.xpath("//a:link[@rel='prev-archive']/@href", namespaces=NAMES) == [f"{BASE}3/rss.xml"]
    assert len(rss.findall("channel/item")) == 80


async def test_an_edit_comes_anew_at_the_front_and_no_archive_document_changes_for_it(
    newsroom: Newsroom,
) -> None:
    await published(newsroom, *map(piece, range(230)))
    before = sealed(newsroom)
    await published(newsroom, piece(3, "As it is now."))
    assert sealed(newsroom) == before
    states = walked_atom(newsroom)
    assert states[0] == ("Piece 3", "<p>As it is now.</p>")
    assert states[-4] == ("Piece 3", "<p>As it was.</p>")
    assert len(states) == 231


async def test_no_document_is_over_512_kib_however_long_the_articles_are(newsroom: Newsroom) -> None:
    await published(newsroom, *(piece(number, "fog " * 8_000) for number in range(120)))
    assert [title for title, _ in walked_atom(newsroom)] == [f"Piece {n}" for n in reversed(range(120))]
    assert walked_json(newsroom) == [f"Piece {number}" for number in reversed(range(120))]
    sizes = [len(data) for data in newsroom.files("feeds/older").values()]
    assert 400 * 1024 < max(sizes) <= MAX_BYTES


async def test_an_edit_of_what_is_not_sealed_yet_leaves_one_state(newsroom: Newsroom) -> None:
    await published(newsroom, piece(1), piece(2))
    await published(newsroom, piece(1, "Better."))
    assert walked_atom(newsroom) == [("Piece 1", "<p>Better.</p>"), ("Piece 2", "<p>As it was.</p>")]


async def test_archive_documents_stay_to_the_byte_whatever_becomes_of_the_site(newsroom: Newsroom) -> None:
    await published(newsroom, *map(piece, range(120)))
    before = sealed(newsroom)
    assert len(before) == 6  # one document in three formats, each with its .gz
    await published(newsroom, *(piece(number) for number in range(120, 260)))
    newsroom.config.write_text(newsroom.config.read_text().replace("Harbour Review", "Quay Review"))
    (newsroom.folder / "feeds/older/1/atom.xml").unlink()
    async with newsroom.app() as app:
        await run_publish(app, full=True)
    assert {name: data for name, data in sealed(newsroom).items() if name in before} == before
    assert b"Quay Review" in (newsroom.folder / "feeds/older/atom.xml").read_bytes()
