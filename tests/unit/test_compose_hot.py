# ruff: noqa: RUF001 - characters that look alike are what is tested
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.compose import hot as compose_hot
from syndication.compose.hot import by_visitors, choose
from syndication.domain.article import Article, ResolvedArticle
from syndication.domain.hot_account import MatchKind
from syndication.domain.hotlist import SAME, HotEntry, HotLine, HotList, Movement, Trend


def rank(
    chosen: HotList | None, articles: list[ResolvedArticle], previous: tuple[HotEntry, ...] | None, limit: int
) -> tuple[HotEntry, ...]:
    return tuple(place.entry for place in compose_hot.rank(chosen, articles, previous, limit))


CUTOFF = datetime(2026, 11, 22, 15, tzinfo=UTC)


def page(origin: str, days: float | None, *titles: str) -> HotList:
    lines = tuple(HotLine(number, title) for number, title in enumerate(titles or ("Rain",), 1))
    return HotList("desk", origin, lines, None if days is None else CUTOFF + timedelta(days=days))


def article(name: str, title: str, url: str = "", days: float = -1, section: str = "") -> ResolvedArticle:
    at = CUTOFF + timedelta(days=days)
    return ResolvedArticle(
        Article(
            title=title,
            keys=(name,),
            id=name,
            source="desk",
            url=url,
            published=at,
            first_seen=at,
            changed=at,
            section=section,
        )
    )


@pytest.mark.parametrize(
    ("lists", "origin"),
    [
        ([page("a", -3), page("b", -1), page("c", -2)], "b"),
        ([page("a.txt", -1), page("c.txt", -1), page("b.txt", -1)], "c.txt"),
        ([page("past", -1), page("later", 1)], "past"),
        ([page("past", -1), page("at the second", 0)], "at the second"),
        ([page("soon", 1), page("later", 3)], "soon"),
        ([page("file", None), page("dated", -20)], "dated"),
        ([page("file", None), page("later", 1)], "file"),
        ([page("a", None), page("b", None)], "b"),
        ([HotList("desk", "empty", (), CUTOFF), page("filled", -9)], "filled"),
    ],
)
def test_of_several_lists_one_counts(lists: list[HotList], origin: str) -> None:
    for order in (lists, lists[::-1]):
        found = choose(order, CUTOFF)
        assert found is not None
        assert found.origin == origin


def test_without_a_list_there_is_none() -> None:
    assert choose([], CUTOFF) is None
    assert choose([HotList("desk", "empty", ())], CUTOFF) is None
    assert rank(None, [], None, 6) == ()


def test_a_line_finds_its_article_by_title_and_keeps_its_place_without_one() -> None:
    known = [article("id-1", "The ‘last’ tram home", "https://news.example/tram", section="City")]
    hot = rank(page("p", -1, "Nobody knows this", "The 'Last' Tram Home"), known, None, 6)
    assert hot == (
        HotEntry(1, "Nobody knows this"),
        HotEntry(2, "The 'Last' Tram Home", "https://news.example/tram", "id-1", "City"),
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/a/tram",
        "http://www.NEWS.example:80/a/tram/?utm_source=mail&fbclid=1#top",
        "https://news.example:443/%61/tram",
    ],
)
def test_a_line_finds_its_article_by_address_however_it_is_written(url: str) -> None:
    line = HotLine(1, "Called otherwise here", url, 12.0)
    hot = rank(HotList("log", "", (line,)), [article("id-1", "Tram", "https://news.example/a/tram")], None, 6)
    assert hot == (HotEntry(1, "Called otherwise here", "https://news.example/a/tram", "id-1", score=12.0),)


@pytest.mark.parametrize(
    "url", ["https://news.example/a/tram?id=2", "https://news.example:81/a/tram", "https://[broken"]
)
def test_another_address_is_another_page_and_the_line_keeps_its_own(url: str) -> None:
    known = [article("id-1", "Tram", "https://news.example/a/tram?id=1")]
    assert rank(HotList("log", "", (HotLine(1, "Elsewhere", url),)), known, None, 6) == (
        HotEntry(1, "Elsewhere", url),
    )


def test_a_line_without_a_title_has_that_of_its_article_and_none_without_either() -> None:
    lines = (HotLine(1, "", "https://news.example/unknown"), HotLine(2, "", "https://news.example/tram"))
    hot = rank(HotList("log", "", lines), [article("id-1", "Tram", "https://news.example/tram")], None, 6)
    assert [(entry.rank, entry.title) for entry in hot] == [(1, "Tram")]


def test_an_article_that_two_lines_mean_stands_once_and_the_ranks_close_up() -> None:
    lines = (
        HotLine(3, "Harbour"),
        HotLine(1, "Tram"),
        HotLine(2, "Read this", "https://news.example/tram"),
        HotLine(4, "HARBOUR"),
        HotLine(9, "Snow"),
    )
    hot = rank(HotList("log", "", lines), [article("id-1", "Tram", "https://news.example/tram")], None, 6)
    assert [(entry.rank, entry.title) for entry in hot] == [(1, "Tram"), (2, "Harbour"), (3, "Snow")]


def test_the_limit_counts_entries_and_not_lines() -> None:
    hot = rank(page("p", -1, "Tram", "tram", "Snow", "Rain"), [], None, 2)
    assert [entry.title for entry in hot] == ["Tram", "Snow"]


def test_of_articles_with_one_title_the_newest_is_meant() -> None:
    known = [article("new", "Letters", days=-1), article("old", "Letters", days=-8)]
    assert rank(page("p", -1, "Letters"), known, None, 6)[0].article == "new"


def test_of_articles_with_one_title_and_time_the_ids_do_not_decide() -> None:
    one = article("1", "Rain", "https://hanok.example/one")
    two = article("2", "Rain", "https://hanok.example/two")
    for left, right in ((one, two), (replace(one, id="2"), replace(two, id="1"))):
        (entry,) = rank(page("x", 0, "Rain"), [left, right], None, 6)
        assert entry.url == two.url


def test_marks_are_made_against_the_earlier_edition_and_only_where_there_is_one() -> None:
    chosen = page("p", -1, "Tram", "Snow", "Rain")
    earlier = (HotEntry(1, "Snow"), HotEntry(2, "Tram"))
    assert [entry.movement for entry in rank(chosen, [], earlier, 6)] == [
        Movement(Trend.UP, 1),
        Movement(Trend.DOWN, 1),
        Movement(Trend.NEW),
    ]
    assert [entry.movement for entry in rank(chosen, [], None, 6)] == [None, None, None]


def test_readers_rank_and_of_two_with_as_many_the_newer_then_the_title() -> None:
    known = [
        article("a", "Tram", "https://news.example/a", days=-3),
        article("b", "Snow", "https://news.example/b", days=-2),
        article("c", "Rain", "https://news.example/c", days=-3),
        article("d", "Fog", "https://news.example/d", days=-1),
        article("e", "Unread", "https://news.example/e"),
    ]
    found = by_visitors({"a": 5, "b": 5, "c": 5, "d": 9}, known, "access.log")
    assert [(line.rank, line.title, line.score) for line in found.lines] == [
        (1, "Fog", 9.0),
        (2, "Snow", 5.0),
        (3, "Rain", 5.0),
        (4, "Tram", 5.0),
    ]
    assert [entry.article for entry in rank(found, known, None, 9)] == ["d", "b", "c", "a"]


def test_a_place_tells_how_its_article_was_found() -> None:
    known = [
        article("tram", "The tram", "https://news.example/tram"),
        article("harbour", "A quiet harbour learns to sing again"),
        article("snow", "Snow"),
    ]
    lines = (
        HotLine(1, "Something", "https://news.example/tram/"),
        HotLine(2, "SNOW"),
        HotLine(3, "A quiet harbor learns to sing again"),
        HotLine(4, "Nobody knows this"),
    )
    places = compose_hot.rank(HotList("desk", "page", lines), known, None, 6)
    assert [place.meant for place in places] == [
        MatchKind.ADDRESS,
        MatchKind.TITLE,
        MatchKind.NEAR,
        MatchKind.NONE,
    ]
    assert [place.line for place in places] == list(lines)
    assert SAME <= places[2].ratio < 1


WORDS = st.text(alphabet="abcdefgh 가나다", min_size=12, max_size=40).map(lambda text: f"x{text.strip()}x")


@given(WORDS, st.integers(0, 9999), st.integers(0, 9999))
def test_two_titles_that_differ_in_a_number_are_two_articles(words: str, one: int, other: int) -> None:
    title = f"{words} {one}"
    (entry,) = rank(HotList("d", "p", (HotLine(1, title),)), [article("id", f"{words} {other}")], None, 1)
    assert bool(entry.article) == (one == other)


@given(WORDS, st.sampled_from("“”'`´«»"), st.sampled_from("-–—−"), st.sampled_from(" \u00a0\u2003"))
def test_quotes_dashes_spaces_and_case_part_no_title_from_its_article(
    words: str, quote: str, dash: str, space: str
) -> None:
    written = f"{quote}{words.upper()}{quote}{space}{dash}{space}again"
    (entry,) = rank(HotList("d", "p", (HotLine(1, written),)), [article("id", f"'{words}' - again")], None, 1)
    assert entry.article == "id"
