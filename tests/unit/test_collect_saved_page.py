"""The saved page: what is content, who wrote it, and the ranks glued to the titles below it."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.folder.saved_page import is_saved_page, read_saved_page
from syndication.collect.hot.ranked_lines import heading_at, ranked_lines
from syndication.domain.article import ParsedArticle, Source, SourceKind
from syndication.domain.hotlist import HotLine
from syndication.domain.publication import Publication

SEOUL = ZoneInfo("Asia/Seoul")
PUBLICATION = Publication(
    "The Hanok Review",
    "https://hanok.example/",
    "en",
    SEOUL,
    "1 Street",
    "https://f.example/",
    "https://w.example/",
)
SOURCE = Source("desk", SourceKind.FOLDER, "/somewhere", section="Film")

PAGE = """\
A Lighthouse Keeper's Daughter Paints the Fog
MinaHan
mina.han@paper.example | 2026-11-16 09:30:05
HARBOUR FILMS
The keeper's daughter has painted the same window for eleven years.
Nobody bought one until the museum asked for all of them.
Hanok.example
Mina Han, mina.han@paper.example
WEEKLY HOT
- 1The Museum That Closes When It Rains
- 228 Ways to Fold a Letter
- 33 Bakers and One Oven
"""

KOREAN = """\
비가 오면 문을 닫는 미술관

한미나 기자
mina@paper.example | 2026-11-16 09:30
사진=하버필름
미술관은 비가 오는 날마다 문을 닫는다.
관장은 빗소리가 가장 좋은 전시라고 말했다.

한옥리뷰
한미나 기자 mina@paper.example
가장 많이 본 기사
1위 창문만 그리는 화가
2위 스물여덟 통의 편지
"""


def read(page: str) -> tuple[ParsedArticle, tuple[HotLine, ...]]:
    return read_saved_page(page, source=SOURCE, publication=PUBLICATION, guid="fog.txt")


def test_every_part_of_the_page_is_in_its_place() -> None:
    article, hot = read(PAGE)
    assert article.title == "A Lighthouse Keeper's Daughter Paints the Fog"
    assert article.authors == ("Mina Han",)
    assert article.published is not None
    assert article.published.isoformat() == "2026-11-16T09:30:05+09:00"
    assert (article.credit, article.section) == ("HARBOUR FILMS", "Film")
    assert article.content == (
        "<p>The keeper's daughter has painted the same window for eleven years.</p>"
        "<p>Nobody bought one until the museum asked for all of them.</p>"
    )
    assert article.keys[0] == "guid:desk:fog.txt"
    assert hot == (
        HotLine(1, "The Museum That Closes When It Rains"),
        HotLine(2, "28 Ways to Fold a Letter"),
        HotLine(3, "3 Bakers and One Oven"),
    )


def test_a_korean_page_is_read_alike() -> None:
    article, hot = read(KOREAN)
    assert article.authors == ("한미나 기자",)
    assert article.credit == "하버필름"
    assert article.content.count("<p>") == 2
    assert "한옥리뷰" not in article.content
    assert [line.title for line in hot] == ["창문만 그리는 화가", "스물여덟 통의 편지"]


def test_no_address_stays_anywhere() -> None:
    page = PAGE.replace(
        "Nobody bought", "Write to (mina.han@paper.example) or tips@paper.example. Nobody bought"
    )
    page = page.replace("Closes When", "of me@paper.example Closes When")
    article, hot = read(page)
    assert "@" not in repr((article, hot))
    assert "Nobody bought" in article.content


def test_another_address_below_the_text_is_another_author() -> None:
    article, _ = read(PAGE.replace("WEEKLY HOT", "Jun Seo, jun@paper.example\nWEEKLY HOT"))
    assert article.authors == ("Mina Han", "Jun Seo")


def test_the_spaced_name_wins_wherever_it_stands() -> None:
    article, _ = read(PAGE.replace("MinaHan", "Mina Han").replace("Mina Han, mina", "MinaHan, mina"))
    assert article.authors == ("Mina Han",)


def test_a_page_without_credit_sign_off_or_list_keeps_its_text() -> None:
    article, hot = read(
        "Headline\nA B\na@x.example | 2026-11-16 09:30:05\nOne sentence.\nAnd a second one.\n"
    )
    assert (article.content, article.credit, hot) == ("<p>One sentence.</p><p>And a second one.</p>", "", ())


def test_a_sentence_in_capitals_is_no_credit() -> None:
    article, _ = read(PAGE.replace("HARBOUR FILMS", "IT RAINED FOR DAYS."))
    assert article.credit == ""
    assert article.content.startswith("<p>IT RAINED FOR DAYS.</p>")


def test_markup_in_the_text_stays_text() -> None:
    article, _ = read(PAGE.replace("Nobody", "<script>alert(1)</script> AT&T"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; AT&amp;T bought" in article.content


def test_the_words_most_read_within_the_text_start_no_list() -> None:
    article, hot = read(PAGE.replace("Nobody bought", "Most read\nNobody bought"))
    assert "<p>Most read</p>" in article.content
    assert len(hot) == 3


@pytest.mark.parametrize(
    "text", ["", "Just a note\nabout nothing", "a@b.example | 2026-11-16 09:30:05\nno headline above"]
)
def test_other_texts_are_no_saved_pages(text: str) -> None:
    assert not is_saved_page(text)


def test_a_time_that_is_none_is_said() -> None:
    with pytest.raises(ValueError, match="2026-13-40"):
        read(PAGE.replace("2026-11-16", "2026-13-40"))


titles = st.from_regex(r"[0-9A-Z'][0-9A-Za-z ,']{0,20}[0-9A-Za-z]", fullmatch=True).map(
    lambda text: " ".join(text.split())
)


@given(st.lists(titles, min_size=2, max_size=30), st.sampled_from(["- ", "* ", ""]))
def test_a_glued_rank_is_read_by_its_place(wanted: list[str], bullet: str) -> None:
    lines = [f"{bullet}{place}{title}" for place, title in enumerate(wanted, start=1)]
    assert [(line.rank, line.title) for line in ranked_lines(lines)] == list(enumerate(wanted, start=1))


@pytest.mark.parametrize("form", ["{}. {}", "{}) {}", "{} {}", "- {}: {}", "{}\n{}"])
def test_a_rank_may_stand_apart(form: str) -> None:
    lines = "\n".join(
        form.format(place, title) for place, title in enumerate(["Fog", "2.5 Boats", "10 Lamps"], start=1)
    )
    assert [line.title for line in ranked_lines(lines.split("\n"))] == ["Fog", "2.5 Boats", "10 Lamps"]


def test_a_list_without_ranks_counts_by_its_bullets() -> None:
    assert [line.title for line in ranked_lines(["- 1917 Again", "- Fog"])] == ["1917 Again", "Fog"]


def test_the_list_ends_where_a_line_is_out_of_place() -> None:
    assert [line.rank for line in ranked_lines(["- 1Fog", "- 2Boats", "Copyright"])] == [1, 2]


@pytest.mark.parametrize(
    "word", ["WEEKLY HOT", "Most read", "most popular stories", "가장 많이 본 기사", "많이 본 뉴스"]
)
def test_a_list_is_found_by_its_heading(word: str) -> None:
    assert heading_at(["text", f"▶ {word}", "1Fog", "2Boats"]) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["① Fog", "② 28 lamps", "③ Tide"],
        ["❶Fog", "❷28 lamps", "❸Tide"],
        ["#1 Fog", "#2 28 lamps", "#3 Tide"],
        ["No. 1 Fog", "No. 2 28 lamps", "No. 3 Tide"],
        ["01 Fog", "02 28 lamps", "03 Tide"],
        ["01. Fog", "02. 28 lamps", "03. Tide"],
        ["- 01Fog", "- 0228 lamps", "- 03Tide"],
        ["1위 Fog", "2위 28 lamps", "3위 Tide"],
        ["1위: Fog", "2위: 28 lamps", "3위: Tide"],
        ["(1) Fog", "(2) 28 lamps", "(3) Tide"],
        ["1\ufe0f\u20e3 Fog", "2\ufe0f\u20e3 28 lamps", "3\ufe0f\u20e3 Tide"],
        ["\uff11 Fog", "\uff12 28 lamps", "\uff13 Tide"],
        ["1 | Fog", "2 | 28 lamps", "3 | Tide"],
    ],
)  # fmt: skip
def test_ranks_in_circles_and_with_signs_are_ranks(lines: list[str]) -> None:
    assert ranked_lines(lines) == (HotLine(1, "Fog"), HotLine(2, "28 lamps"), HotLine(3, "Tide"))


def test_ten_places_and_more_may_be_in_circles() -> None:
    found = ranked_lines([f"{chr(0x2460 + rank)} Place {rank}" for rank in range(12)])
    assert [line.title for line in found] == [f"Place {rank}" for rank in range(12)]


def test_titles_that_begin_with_zeros_or_signs_are_no_ranks() -> None:
    assert [line.title for line in ranked_lines(["- 007 returns", "- #1 fan"])] == ["007 returns", "#1 fan"]
