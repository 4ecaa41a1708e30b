# ruff: noqa: RUF001 - characters that look alike are what is tested
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.hotlist import HotEntry, Movement, Trend, match_title, movement, normalise_title


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The “Last” Tram – Home", "the 'last' tram - home"),
        ("Don’t  look\u00a0back", "DON'T LOOK BACK"),
        ("Straße am Fluss", "STRASSE AM FLUSS"),
        ("『한옥의 밤』", "“한옥의 밤”"),
        ("Ｆｕｌｌ width", "full width"),
        ("co\u00adoperate\u200b", "cooperate"),
        ("Cafe\u0301 Nights", "CAFÉ nights"),
        ("a − b -- c", "A \u2013 B \u2014 C"),
        ("it´s late", "it’s late"),
    ],
)
def test_titles_that_read_alike_compare_equal(one: str, other: str) -> None:
    assert normalise_title(one) == normalise_title(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Week 2024", "Week 2025"), ("Rain", "Ruin"), ("a b", "ab"), ("é", "e")]
)
def test_titles_that_differ_do_not(one: str, other: str) -> None:
    assert normalise_title(one) != normalise_title(other)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_title(text)
    assert normalise_title(once) == once == unicodedata.normalize("NFKC", once)


def meant(title: str, known: Mapping[str, str]) -> str | None:
    match = match_title(title, known)
    return match.article if match else None


def candidates(*titles: str) -> dict[str, str]:
    return {normalise_title(title): f"id-{number}" for number, title in enumerate(titles)}


def test_an_equal_title_wins_over_any_that_is_near() -> None:
    known = candidates("Lantern Week 2024 opens by the river", "Lantern Week 2025 opens by the river")
    assert meant("LANTERN week 2025 opens by the river", known) == "id-1"


def test_a_title_with_another_number_is_another_article() -> None:
    assert (
        meant("Lantern Week 2025 opens by the river", candidates("Lantern Week 2024 opens by the river"))
        is None
    )


def test_a_title_with_another_roman_number_is_another_article() -> None:
    assert (
        meant("The long walk to the sea, part III", candidates("The long walk to the sea, part II")) is None
    )


def test_a_slip_of_the_pen_still_finds_its_article() -> None:
    known = candidates("A quiet harbour learns to sing again", "Night buses for the valley towns")
    assert meant("A quiet harbor learns to sing again", known) == "id-0"


def test_a_title_that_is_only_near_finds_nothing() -> None:
    assert meant("A quiet harbour sings", candidates("A quiet harbour learns to sing again")) is None


def test_two_articles_equally_near_are_neither() -> None:
    known = candidates(
        "The potters of the northern valley, again", "The potters of the southern valley, again"
    )
    assert meant("The potters of the sorthern valley, again", known) is None


def test_a_rival_just_below_the_threshold_still_spoils_the_lead() -> None:
    line = "abcdefghijklmnopqrstuvwxyz abcdefghijklmno"  # 42 letters: two changed 0.95, three changed 0.93
    near = line[:5] + "##" + line[7:]
    rival = line[:20] + "####" + line[24:]  # 0.90
    longer = line + "########"  # 0.91
    assert meant(line, candidates(near)) == "id-0"
    assert meant(line, candidates(near, rival)) is None
    assert meant(line, candidates(near, longer)) is None
    assert meant(line, candidates(rival)) is meant(line, candidates(longer)) is None


def test_two_spellings_of_one_article_are_no_rivals() -> None:
    line = "A quiet harbour learns to sing again"
    known = {normalise_title(line + "!"): "one", normalise_title(line + "?"): "one"}
    assert meant(line, known) == "one"


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8), st.data())
def test_every_known_title_finds_itself(titles: list[str], data: st.DataObject) -> None:
    known = {normalise_title(title): normalise_title(title) for title in titles}
    title = data.draw(st.sampled_from(titles))
    assert meant(title, known) == normalise_title(title)


def entry(rank: int, title: str, article: str = "") -> HotEntry:
    return HotEntry(rank, title, article=article)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (entry(1, "Rain", "a"), [entry(3, "Rain", "a")], Movement(Trend.UP, 2)),
        (entry(4, "Rain", "a"), [entry(3, "Rain", "a")], Movement(Trend.DOWN, 1)),
        (entry(3, "Rain, corrected", "a"), [entry(3, "Rain", "a")], Movement(Trend.SAME)),
        (entry(2, "Rain"), [entry(1, "RAIN")], Movement(Trend.DOWN, 1)),
        (entry(2, "Rain", "a"), [entry(1, "rain")], Movement(Trend.DOWN, 1)),
        (entry(2, "Letters", "new"), [entry(1, "Letters", "old")], Movement(Trend.NEW)),
        (entry(2, "Rain", "a"), [entry(1, "rain"), entry(4, "Rain", "a")], Movement(Trend.UP, 2)),
        (entry(1, "Rain"), [], Movement(Trend.NEW)),
        (entry(1, "Rain"), None, None),
    ],
)
def test_an_entry_moves_against_the_same_article_or_title(
    now: HotEntry, before: Sequence[HotEntry] | None, expected: Movement | None
) -> None:
    assert movement(now, before) == expected


@given(st.permutations("abcdef"), st.permutations("abcdef"))
def test_movements_lead_from_the_old_list_to_the_new(old: list[str], new: list[str]) -> None:
    before = [entry(rank, title) for rank, title in enumerate(old, 1)]
    for now in [entry(rank, title) for rank, title in enumerate(new, 1)]:
        moved = movement(now, before)
        assert moved is not None
        sign = {Trend.UP: 1, Trend.DOWN: -1, Trend.SAME: 0, Trend.NEW: 99}[moved.trend]
        assert replace(now, rank=now.rank + sign * moved.places) in before
