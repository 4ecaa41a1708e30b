"""What a URL, a guid and a title are worth within one feed."""

from datetime import UTC, datetime

from syndication.collect.identity import distinct, keys
from syndication.domain.article import ParsedArticle

PAGE = "https://wire.example/news"


def piece(title: str, url: str = "", guid: str = "", text: str = "", day: int = 0) -> ParsedArticle:
    published = datetime(2026, 11, day, tzinfo=UTC) if day else None
    known = keys(url=url, guid=guid, title=title, day=published and published.date(), source="wire")
    return ParsedArticle(title=title, url=url, keys=known, content=text, published=published)


def kept(*pieces: ParsedArticle) -> list[tuple[str, ...]]:
    """The strongest key of each that is left."""
    found, twice = distinct(pieces, "wire")
    assert len(found) + twice == len(pieces)
    return [(each.title, each.keys[0].partition(":")[0]) for each in found]


def test_entries_that_all_link_to_one_page_are_each_an_article() -> None:
    assert kept(piece("A", PAGE, "1"), piece("B", PAGE, "2")) == [("A", "guid"), ("B", "guid")]
    assert kept(piece("A", PAGE), piece("B", PAGE)) == [("A", "title"), ("B", "title")]


def test_one_guid_for_several_pages_identifies_none_of_them() -> None:
    found, _ = distinct([piece("A", PAGE + "/1", "0"), piece("B", PAGE + "/2", "0")], "wire")
    assert [each.keys for each in found] == [(f"url:{PAGE}/1",), (f"url:{PAGE}/2",)]
    assert kept(piece("A", PAGE + "/1", "0"), piece("B", "", "0")) == [("A", "url"), ("B", "title")]


def test_an_entry_that_stands_twice_is_taken_as_it_was_changed_last() -> None:
    assert kept(piece("Old", PAGE, "1", day=16), piece("New", PAGE, "1", day=17)) == [("New", "url")]
    assert kept(piece("A", PAGE, "1"), piece("A", PAGE, "1#edited")) == [("A", "url")]


def test_one_title_with_two_texts_is_two_articles_and_with_one_text_one() -> None:
    assert kept(piece("Letters", text="one"), piece("Letters", text="two")) == [("Letters", "text")] * 2
    assert kept(piece("Letters", text="one"), piece("Letters", text="one")) == [("Letters", "text")]


def test_the_front_page_identifies_nothing() -> None:
    assert kept(piece("A", "https://wire.example/"), piece("B", "https://www.wire.example")) == [
        ("A", "title"),
        ("B", "title"),
    ]
