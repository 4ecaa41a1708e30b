import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.text import boundaries, cut, excerpt, plain, reading_minutes

FAMILY = "👩‍👩‍👧‍👦"
CHARACTERS = [
    "e\u0301",  # combining mark
    FAMILY,
    "🇰🇷",
    "👍🏽",
    "❤️",
    "1️⃣",
    "\u1112\u1161\u11ab",  # Hangul as jamo
    "한",
    "क्षि",
    "நி",
    "กำ",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "\r\n",
    "z",
    " ",
]


@given(st.lists(st.sampled_from(CHARACTERS), max_size=12))
def test_a_text_is_only_ever_cut_between_characters_as_a_reader_sees_them(characters: list[str]) -> None:
    text = "".join(characters)
    ends = [len("".join(characters[: n + 1])) for n in range(len(characters))]
    assert boundaries(text) == ends


@pytest.mark.parametrize("text", ["a\u200dbc", "a😀", "\u0915\u094da"])
def test_what_only_looks_joined_is_not_kept_together(text: str) -> None:
    """A joiner before a letter joins nothing, nor does a virama before a letter of another script."""
    assert boundaries(text)[-1] == len(text)
    assert len(text) - 1 in boundaries(text)


def test_a_hangul_syllable_takes_a_final_only_where_it_has_none() -> None:
    assert boundaries("하\u11ab") == [2]
    assert boundaries("하\u1161") == [2]
    assert boundaries("한\u11ab") == [2]
    assert boundaries("한\u1161") == [1, 2]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 60))
def test_what_is_cut_keeps_the_limit_and_says_that_something_is_missing(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    line = cut(text, len(text) + 1)
    if short != line:
        assert short.endswith("…")
        assert line.startswith(short[:-1])
        assert len(short) == 1 or len(short) - 1 in boundaries(line)


def test_a_text_is_cut_after_a_word() -> None:
    assert cut("The harbour choir sings at dawn, and nobody sleeps", 35) == "The harbour choir sings at dawn…"


def test_a_word_longer_than_the_room_is_cut_within() -> None:
    assert cut("A " + "b" * 40, 20) == "A " + "b" * 17 + "…"


def test_a_family_of_four_is_not_divided() -> None:
    assert cut("x" + FAMILY + "yyyyyyy", 8) == "x…"
    assert cut(FAMILY, 3) == "…"


def test_blanks_become_one_space_but_those_that_hold_words_together_stay() -> None:
    assert cut("one\n\n two\tthree\u00a0!", 50) == "one two three\u00a0!"


def test_nothing_can_be_cut_to_no_room() -> None:
    with pytest.raises(ValueError, match="nothing"):
        cut("text", 0)


def test_words_within_inline_tags_are_not_torn_and_blocks_not_joined() -> None:
    assert (
        plain("<p>Th<b>ere</b> &amp; back</p><p>again<br>home, 3 < 4</p>") == "There & back again home, 3 < 4"
    )


@pytest.mark.parametrize(
    ("content", "language", "minutes"),
    [
        ("", "en", 0),
        ("<p> </p>", "en", 0),
        ("one", "en", 1),
        ("word " * 660, "en", 3),
        ("<p>" + "word " * 660 + "</p><img alt='" + "x " * 900 + "'>", "en-GB", 3),
        ("가나다 라마 " * 300, "ko", 3),
        ("字" * 1500, "zh-Hant", 3),
        ("字" * 1500, "", 3),
        ("字" * 1000 + " word" * 220, "en", 3),
    ],
)
def test_reading_time_counts_words_or_characters_by_the_script(
    content: str, language: str, minutes: int
) -> None:
    assert reading_minutes(content, language) == minutes


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("The tide is out. The mud sings, and nobody hears it.", 40, "The tide is out."),
        ("“Is it out?” asked Mara. The mud sings, and nobody hears it.", 50, "“Is it out?” asked Mara."),
        ("물이 빠졌다. 갯벌이 노래하지만 아무도 듣지 못한다.", 20, "물이 빠졌다."),
        ("潮が引いた。泥が歌うが、誰も聞いていない。", 12, "潮が引いた。"),
        ("Short enough. As it is.", 40, "Short enough. As it is."),
    ],
    ids=["English", "quoted", "Korean", "Japanese", "whole"],
)
def test_an_excerpt_ends_with_a_sentence(text: str, limit: int, shown: str) -> None:
    assert excerpt(text, limit) == shown


@pytest.mark.parametrize(
    "text",
    [
        "We met Dr. Oke on the quay where she counts the herring by ear",
        "It was J. R. Oke who counted the herring on the quay by ear",
        "The ferry costs 3.50 in summer and is late on most of the days",
        "Out. Then the mud sang for a very long time, and nobody heard it",
        "It was over in the U.S. Navy before anybody had asked the harbour",
    ],
    ids=["title", "initials", "number", "too short", "abbreviation"],
)
def test_an_excerpt_without_a_sentence_that_fills_it_is_cut_after_a_word(text: str) -> None:
    assert excerpt(text, 40) == cut(text, 40)
    assert excerpt(text, 40).endswith("…")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 60))
def test_an_excerpt_keeps_the_limit_and_invents_nothing(text: str, limit: int) -> None:
    short = excerpt(text, limit)
    assert len(short) <= limit
    assert cut(text, len(text) + 1).startswith(short.removesuffix("…"))
