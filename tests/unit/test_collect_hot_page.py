"""The ranked list on a page: found by its heading or a selector, whatever the markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.hot.page import read_hot_page
from syndication.collect.hot.ranked_lines import is_heading
from syndication.domain.hotlist import HotLine
from syndication.errors import CollectError

URL = "https://news.example/today/"
LIST = "<ol><li><a href='/tram'>The tram</a></li><li><a href='fog.html?id=1'>Fog</a></li></ol>"
FOUND = (
    HotLine(1, "The tram", "https://news.example/tram"),
    HotLine(2, "Fog", "https://news.example/today/fog.html?id=1"),
)


@pytest.mark.parametrize(
    "heading",
    [
        "Most read",
        "MOST  READ:",
        "★ Most-Read ★",
        "The most popular stories",
        "Most viewed this week",
        "Weekly Hot",
        "WEEKLY\u00a0HOT",
        "Trending now",
        "가장 많이 본 기사",
        "많이 본 뉴스",
        "많이본뉴스",
        "[실시간] 많이 본 기사",
        "인기 기사",
        "주간 인기 뉴스 더보기",
    ],
)
def test_a_heading_is_known_whatever_its_case_spaces_and_punctuation(heading: str) -> None:
    assert is_heading(heading)
    assert read_hot_page(f"<h2>News</h2><ul><li>one<li>two</ul><h2>{heading}</h2>{LIST}", URL) == FOUND


@pytest.mark.parametrize(
    "text",
    [
        "Most read in the house of my aunt",
        "We read most",
        "Read",
        "인기",
        "기사",
        "",
        "Hot soup for a cold week",
    ],
)
def test_other_words_are_no_heading(text: str) -> None:
    assert not is_heading(text)


@pytest.mark.parametrize(
    "page",
    [
        f"<div class='box'><div class='head'><h3>Most read <a href='/all'>more</a></h3></div><div class='body'>{LIST}</div></div>",
        f"<nav><ul><li><a href='/most-read'>Most read</a><li><a href='/sea'>Sea</a></ul></nav><p>…</p><h4>Most read</h4>{LIST}",
        f"<ul class='tabs'><li>Most read</li><li>Latest</li></ul>{LIST}<ol><li>new</li><li>newer</li></ol>",
        "<strong>Most read</strong><div><p><a href='/tram'>The tram</a></p><p><a href='fog.html?id=1'>Fog</a></p></div>",
        "<h2>Most read</h2><p><a href='/tram'><img></a><a href='/tram'>The tram</a> <a href='fog.html?id=1'><img alt='Fog'></a></p>",
        "<h2>Most read</h2><table><tr><td>1<td><a href='/tram'>The tram</a><tr><td>2<td><a href='fog.html?id=1'>Fog</a></table>",
        "<h2>Most read</h2><ul><li><a href='/tram'><h3>The tram</h3><p>Long, long words about it.</p></a><li><a href='fog.html?id=1'>Fog</a></ul>",
        "<h2>Most read</h2><ul><li><a href='/tram'>1The tram</a><li><a href='fog.html?id=1'>2. Fog</a></ul>",
        f"<base href='https://news.example/today/other/'><h2>Most read</h2>{LIST.replace('fog', '../fog')}",
        f"<h2>Most read</h2><ul><li>alone</ul>{LIST}",
        f"<h2>Most read</h2><script>var list = '<ol><li>a<li>b</ol>'</script>{LIST}",
    ],
)
def test_the_nearest_list_below_the_heading_is_read(page: str) -> None:
    assert read_hot_page(f"<html><body>{page}</body></html>", URL) == FOUND


@pytest.mark.parametrize("selector", ["aside ol", "aside li", "aside > ol > li > a", "ol:nth-of-type(1) a"])
def test_a_selector_names_the_list_or_its_lines(selector: str) -> None:
    assert (
        read_hot_page(f"<body><aside>{LIST}</aside><h2>Most read</h2><ul><li>x<li>y</ul>", URL, selector)
        == FOUND
    )


def test_a_line_without_a_link_or_with_one_of_another_kind_has_no_address() -> None:
    page = "<h2>Most read</h2><ol><li>Alone<li><a href='javascript:go()'>Script</a><li><a href='mailto:a@b.example'>Mail</a></ol>"
    assert [(line.title, line.url) for line in read_hot_page(page, URL)] == [("Script", ""), ("Mail", "")]
    assert [
        (line.title, line.url) for line in read_hot_page("<h2>Most read</h2><ol><li>A1<li>B2</ol>", URL)
    ] == [
        ("A1", ""),
        ("B2", ""),
    ]


def test_a_list_of_which_few_lines_are_links_keeps_all_its_places() -> None:
    page = "<h2>Most read</h2><ol><li><a href='/tram'>The tram</a><li>Snow<li>Fog</ol>"
    assert [(line.rank, line.title) for line in read_hot_page(page, URL)] == [
        (1, "The tram"),
        (2, "Snow"),
        (3, "Fog"),
    ]


@pytest.mark.parametrize(
    ("page", "selector", "message"),
    [
        ("", "", "is empty"),
        ("<p>Most read is a sentence here.</p>", "", "There is no ranked list below"),
        ("<h2>Most read</h2><p>soon</p>", "", "There is no ranked list below"),
        (f"<h2>Most read</h2>{LIST}", "ol.ranking", "finds no list"),
        ("<ol></ol>", "ol", "finds no list"),
    ],
)
def test_a_page_without_a_list_is_one_sentence(page: str, selector: str, message: str) -> None:
    with pytest.raises(CollectError, match=message):
        read_hot_page(page, URL, selector)


TITLES = st.lists(
    st.from_regex(r"[0-9]{0,4} ?[A-Za-z가-힣]{1,8}( [0-9A-Za-z가-힣]{1,6}){0,3}", fullmatch=True),
    min_size=3,
    max_size=20,
)


@given(TITLES, st.sampled_from(["", ". ", ") ", "위 ", " "]))
def test_glued_ranks_come_off_by_their_place_whatever_the_titles_begin_with(
    titles: list[str], mark: str
) -> None:
    titles = [" ".join(title.split()) for title in titles]
    items = "".join(f"<li><a href='/{rank}'>{rank}{mark}{title}</a>" for rank, title in enumerate(titles, 1))
    found = read_hot_page(f"<h2>Most read</h2><ul>{items}</ul>", URL)
    assert [(line.rank, line.title, line.url) for line in found] == [
        (rank, title, f"https://news.example/{rank}") for rank, title in enumerate(titles, 1)
    ]


@given(TITLES)
def test_a_list_without_ranks_keeps_its_titles_whole(titles: list[str]) -> None:
    titles = ["Tram 1", *(" ".join(title.split()) for title in titles)]
    items = "".join(f"<li><b>{rank}</b><a href='/{rank}'>{title}</a>" for rank, title in enumerate(titles, 1))
    found = read_hot_page(f"<h2>Most read</h2><ul>{items}</ul>", URL)
    assert [line.title for line in found] == titles


@given(st.text(alphabet="<>/ab =\"'lio12h&;가", max_size=200))
def test_no_markup_makes_it_fall(junk: str) -> None:
    found = read_hot_page(f"<h2>Most read</h2>{LIST}<div>{junk}", URL)
    assert found == FOUND
