"""What holds for every theme that is shipped."""

import re
from itertools import pairwise

import pytest

from syndication.domain.edition import Section
from syndication.domain.variant import Variant
from syndication.render.theme import shipped_folder
from tests.unit.render_editions import Page, article, edition, merged, picture, renderer, subscriber

THEMES = sorted(path.name for path in shipped_folder().iterdir() if path.is_dir())
SUMMARY = "Salt and rope, and a good deal of waiting for a ferry that is late. " * 6


def digest(theme: str, language: str = "en", **changes: object) -> Variant:
    return renderer(theme=theme).digest(edition(**changes), language)


def week_of_sixty() -> tuple[Section, ...]:
    return tuple(
        Section(
            f"Part {part}",
            f"part-{part}",
            tuple(
                article(
                    f"s{part}-{number}",
                    title=f"Story {part}-{number} about the things that happen in a harbour",
                    summary=SUMMARY,
                    image=picture(f"s{part}-{number}") if number < 2 else None,
                )
                for number in range(10 if part else 9)
            ),
        )
        for part in range(6)
    )


def test_there_is_a_theme_to_compare_the_default_one_with() -> None:
    assert THEMES == ["default", "plain"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_has_one_h1_no_skipped_level_a_title_and_only_layout_tables(theme: str) -> None:
    html, _ = merged(digest(theme))
    page = Page(html)
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {table.get("role") for table in page.all("table")} == {"presentation"}
    assert (page.all("html")[0]["lang"], page.all("html")[0]["dir"]) == ("en", "ltr")
    assert "<title>Notes on bells</title>" in html


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_shows_every_story_and_place_and_says_why_it_came_and_how_to_leave(theme: str) -> None:
    page = Page(merged(digest(theme))[0])
    links = [link["href"] for link in page.all("a")]
    for wanted in ("bells", "trams", "kerbs", "gulls", "rain"):
        assert f"https://bell.example/{wanted}" in links
    assert "https://news.bell.example/feeds/archive/2026-W47.html" in links
    assert "https://news.bell.example/u/t?a=1&b=2" in links
    assert "https://news.bell.example/p/t" in links
    assert "zoe@example.org because you subscribed" in page.text
    assert "Notes on salt" in page.text
    assert "3 Rope Walk, Lisbon" in page.text


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_leaves_out_the_sections_that_a_reader_has_not_chosen(theme: str) -> None:
    html, _ = merged(digest(theme), subscriber(topics=("sea",)))
    assert "Notes on trams" not in html
    assert ">Notes on gulls</a></h3>" in html


@pytest.mark.parametrize("theme", THEMES)
def test_in_outlook_the_columns_of_a_theme_fill_the_row_exactly(theme: str) -> None:
    html, _ = merged(digest(theme))
    rows = re.findall(r"<td style=\"direction:ltr;font-size:0px;padding:([^;]*);", html)
    cells = re.findall(
        r"<!--\[if mso \| IE\]><td style=\"[^\"]*vertical-align:top;width:(\d+)px;\">|(<table[^>]*><tr><!\[endif\])",
        html,
    )
    widths: list[int] = []
    for width, row in cells:
        if row:
            widths.append(0)
        else:
            widths[-1] += int(width)
    gutters = [sum(int(side.removesuffix("px")) for side in (row.split() * 4)[1:4:2]) for row in rows]
    assert [600 - gutter for gutter in gutters] == widths
    assert html.count("<!--[if") == html.count("<![endif]-->") > 0


@pytest.mark.parametrize("theme", THEMES)
def test_a_week_of_sixty_fits_with_most_of_its_stories_in_the_mail(theme: str) -> None:
    variant = digest(theme, sections=week_of_sixty())
    html, text = merged(variant)
    assert len(html.encode()) <= 90_000
    assert html.count(">Story ") >= 45
    assert text.count("\nStory ") == html.count(">Story ")
    left = re.search(r"(\d+) stories left to the web", variant.trimmed)
    assert html.count(">Story ") + (int(left[1]) if left else 0) == 59


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_styles_of_a_theme_stay_far_below_what_gmail_takes(theme: str, language: str) -> None:
    html = digest(theme, language).html
    assert sum(len(style) for style in re.findall(r"<style[^>]*>.*?</style>", html, re.DOTALL)) < 8_000
    assert not re.search(r"(?:src|href)=\"data:", html)
    assert not re.search(r"#[0-9a-fA-F]{3}\b(?![0-9a-fA-F])", re.sub(r"&#\d+;|href=\"[^\"]*\"", "", html))
