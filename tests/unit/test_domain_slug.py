# ruff: noqa: RUF001 - characters that look alike are what is tested
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndication.domain.slug import LIMIT, slugify, unique_slug

HASH = re.compile(r"[0-9a-f]{8}")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Night buses, at last!", "night-buses-at-last"),
        ("Don’t look back", "dont-look-back"),
        ("한옥의 밤: 겨울", "한옥의-밤-겨울"),
        ("हिन्दी में", "हिन्दी-में"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\\b\x00c\u202ed", "a-b-c-d"),
        ("Ärger & Öl", "ärger-öl"),
        ("--- a --- b ---", "a-b"),
        ("x\u0301 \u0301y", "x\u0301-y"),
    ],
)
def test_a_slug_is_the_words_with_hyphens(text: str, slug: str) -> None:
    assert slugify(text) == slug


@pytest.mark.parametrize("text", ["", "...", "/", "😀", "\u3164", "\ufe0f", "\ud800"])
def test_a_text_without_letters_gets_a_hash(text: str) -> None:
    assert HASH.fullmatch(slugify(text))
    assert slugify(text) != slugify(text + "!")


@pytest.mark.parametrize("name", ["con", "PRN", "Aux", "nul", "COM1", "lpt9"])
def test_a_name_that_windows_keeps_for_a_device_is_avoided(name: str) -> None:
    assert re.fullmatch(rf"{name.lower()}-[0-9a-f]{{8}}", slugify(name))


@given(st.text() | st.text(alphabet="/.\\:con1- \u0301", max_size=8))
@example("İ" * 40)
@example("क्ष" * 30)
def test_a_slug_is_safe_as_a_file_name_anywhere(text: str) -> None:
    slug = slugify(text)
    assert 1 <= len(slug.encode()) <= LIMIT
    assert all(
        unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd" or c == "-" for c in slug
    )
    assert not slug.startswith("-")
    assert not slug.endswith("-")
    assert unicodedata.normalize("NFC", slug) == slug
    assert unicodedata.category(slug[0])[0] != "M"
    assert slugify(slug) == slug


@given(st.text(max_size=90), st.sets(st.text(max_size=5)), st.text())
def test_a_unique_slug_is_safe_and_not_taken(text: str, others: set[str], seed: str) -> None:
    taken = {slugify(other) for other in others} | {slugify(text)}
    slug = unique_slug(text, taken, seed)
    assert slug not in taken
    assert len(slug.encode()) <= LIMIT
    assert slugify(slug) == slug == unique_slug(text, taken, seed)
    assert unique_slug(text, (), seed) == slugify(text)


def test_a_long_slug_makes_room_for_its_hash() -> None:
    slug = unique_slug("한" * 40, {"한" * 20}, "tag:a")
    assert slug.startswith("한" * 17 + "-")
    assert len(slug.encode()) == LIMIT


def test_two_articles_with_one_title_get_different_slugs_even_when_the_hash_is_taken_too() -> None:
    first = unique_slug("Letters", {"letters"}, "tag:a")
    assert first != unique_slug("Letters", {"letters"}, "tag:b")
    assert unique_slug("Letters", {"letters", first}, "tag:a") not in {"letters", first}
