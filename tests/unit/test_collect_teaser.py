"""Titles, names, sections and the first words: what nobody should read there is left out."""

import pytest

from syndication.collect.text.teaser import teaser, without_heading
from syndication.collect.text.words import author_name, fold, section_name, shown_line


@pytest.mark.parametrize(
    "text", ["\u200b", "\xad\ufeff", "\u2800", "\u3164 \u115f", "\u2060\u200d", " \u2003 ", "\u202e", ""]
)
def test_what_nobody_can_see_is_no_title_and_no_name(text: str) -> None:
    assert shown_line(text) == ""
    assert author_name(text) == ""


def test_what_can_be_seen_is_a_title() -> None:
    for text in ("1", "?", "안개", "👩\u200d🚀", "«»", "é"):
        assert shown_line(text) == text


def test_nothing_turns_the_direction_of_what_follows() -> None:
    assert fold("A\u202ebc\u2066d\u2069 \u202ae\u202c") == "Abcd e"
    assert author_name("By Mi\u202ena Han\u2067") == "Mina Han"
    assert fold("\u200fשל\u200f") == "\u200fשל\u200f"  # marks turn nothing


@pytest.mark.parametrize(
    "name", ["Uncategorized", "uncategorised", "Sin categoría", "Без рубрики", "미분류", "\u200b"]
)
def test_no_section_has_many_names(name: str) -> None:
    assert section_name(name) == ""
    assert section_name("Harbour") == "Harbour"


@pytest.mark.parametrize(
    "above",
    [
        '<figure><img src="https://x.example/a.png"><figcaption>A boat at dawn. Photo: Kim</figcaption></figure>',
        "<p>Photo by Kim / Agency</p>",
        "<p>Image: <a>Kim</a></p>",
        "<div>© 2026 Kim</div>",
        "<p>Foto: dpa</p>",
        "<p>사진=김</p>",
        "<ul><li>Share</li><li>Tweet</li></ul>",
        "<p>Share on Facebook</p>",
    ],
)
def test_a_teaser_begins_with_the_text(above: str) -> None:
    assert teaser(f"{above}<p>The fog <b>came</b>.</p><p>It went.</p>") == "The fog came. It went."


@pytest.mark.parametrize(
    "below",
    [
        '<p>The post <a href="https://x.example/">Fog</a> appeared first on <a>Harbour</a>.</p>',
        "<p>The post Fog first appeared on Harbour.</p>",
        "<p>Der Beitrag Nebel erschien zuerst auf Hafen.</p>",
        "<p>La entrada Niebla se publicó primero en Puerto.</p>",
    ],
)
def test_a_teaser_ends_with_the_text(below: str) -> None:
    assert teaser(f"<p>The fog came.</p>{below}") == "The fog came."


@pytest.mark.parametrize(
    "text",
    [
        "Photo by Kim",
        "Photographers came by boat.",
        "The post office appeared first on our list.",
        "Share prices fell.",
    ],
)
def test_a_sentence_is_no_credit_and_a_credit_alone_is_kept(text: str) -> None:
    assert teaser(f"<p>{text}</p>") == text


@pytest.mark.parametrize(
    "heading", ["<h1>Who keeps it?</h1>", "<h2><b>Who</b> keeps it?</h2>", "\n<h1>WHO KEEPS IT?</h1>\n"]
)
def test_the_headline_is_taken_out_wherever_it_stands(heading: str) -> None:
    assert without_heading(
        f"<article><header>{heading}</header><p>Fog</p><h2>Lamp</h2></article>", "Who keeps it?"
    ) == ("<article><header></header><p>Fog</p><h2>Lamp</h2></article>")


def test_other_headings_stay() -> None:
    assert without_heading("<h1>Fog</h1><p>x</p>", "Lamp") == "<h1>Fog</h1><p>x</p>"
    assert without_heading("<h1>Fog</h1><p>x</p>", "") == "<h1>Fog</h1><p>x</p>"
