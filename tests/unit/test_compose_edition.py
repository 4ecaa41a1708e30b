from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.compose.edition import compose, preheader, summary_line
from syndication.domain.article import Article, Image, ResolvedArticle
from syndication.domain.edition import Edition
from syndication.domain.hotlist import HotEntry
from syndication.domain.week import WeekKey

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PICTURE = Image("https://news.example/a.jpg")
LONG = "Seven brass players meet on the pier before the first ferry, and the town has stopped complaining about the noise."


def article(
    name: str,
    section: str = "City",
    *,
    age: int = 0,
    image: bool = False,
    title: str = "",
    summary: str = "",
    content: str = "",
) -> ResolvedArticle:
    at = NOW - timedelta(hours=age)
    return ResolvedArticle(
        Article(
            title=title or f"Title {name}",
            keys=(name,),
            id=name,
            source="desk",
            section=section,
            published=at,
            first_seen=at,
            changed=at,
            image=PICTURE if image else None,
            summary=summary,
            content=content,
        )
    )


def made(
    members: Sequence[ResolvedArticle],
    hot: Sequence[HotEntry] = (),
    order: Sequence[str] = (),
    language: str = "en",
) -> Edition:
    return compose(
        key=WeekKey(2026, 47),
        number=3,
        day=date(2026, 11, 23),
        members=members,
        hot=tuple(hot),
        section_order=order,
        language=language,
        unsectioned="More",
    )


def layout(edition: Edition) -> dict[str, list[str]]:
    return {section.name: [story.id for story in section.stories] for section in edition.sections}


def test_the_lead_is_the_member_that_most_read() -> None:
    members = [article("a", image=True), article("b"), article("c")]
    hot = [
        HotEntry(1, "Not in this edition", article="x"),
        HotEntry(2, "C", article="c"),
        HotEntry(3, "B", article="b"),
    ]
    assert made(members, hot).lead.id == "c"


def test_without_readers_the_newest_with_an_image_leads_and_without_images_the_newest() -> None:
    hot = [HotEntry(1, "Unlinked"), HotEntry(2, "Not in this edition", article="x")]
    assert made([article("a"), article("b", image=True), article("c", image=True)], hot).lead.id == "b"
    assert made([article("a"), article("b")], hot).lead.id == "a"


def test_an_edition_without_articles_is_none() -> None:
    with pytest.raises(ValueError, match="article"):
        made([])


def test_sections_stand_in_the_configured_order_then_as_they_appear_and_the_unsectioned_last() -> None:
    members = [
        article("lead", image=True),
        article("a", ""),
        article("b", "Music"),
        article("c", "Film"),
        article("d", "Food"),
    ]
    assert list(layout(made(members, order=["Film", "Stage"]))) == ["Film", "Music", "Food", "More"]
    assert list(layout(made(members, order=["More", "Food"]))) == ["More", "Food", "Music", "Film"]


def test_a_section_opens_with_its_newest_picture_and_goes_on_newest_first() -> None:
    members = [
        article("lead", image=True),
        article("a", age=1),
        article("b", age=2, image=True),
        article("c", age=3),
        article("d", age=4, image=True),
    ]
    assert layout(made(members)) == {"City": ["b", "a", "c", "d"]}


def test_the_lead_does_not_stand_again_and_a_section_it_leaves_empty_goes() -> None:
    edition = made([article("lead", "Film", image=True), article("a", "City")])
    assert layout(edition) == {"City": ["a"]}


def test_two_spellings_of_a_section_are_one_in_the_first_spelling() -> None:
    members = [
        article("lead", image=True),
        article("a", "night life"),
        article("b", "NIGHT-LIFE"),
        article("c", "more"),
    ]
    edition = made(members, order=["Night Life"])
    assert layout(edition) == {"Night Life": ["a", "b"], "more": ["c"]}
    assert [section.slug for section in edition.sections] == ["night-life", "more"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["", " ", "Film", "film", "영화", "../x", "?"]), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.sampled_from(["Film", "영화", "Stage", ""]), max_size=3),
)
def test_every_member_stands_in_the_edition_once(
    given_members: list[tuple[str, bool]], order: list[str]
) -> None:
    members = [
        article(str(n), section, age=n, image=image) for n, (section, image) in enumerate(given_members)
    ]
    edition = made(members, order=order)
    assert sorted(story.id for story in edition.articles) == sorted(member.id for member in members)
    slugs = [section.slug for section in edition.sections]
    assert len(slugs) == len(set(slugs))
    assert all(section.stories for section in edition.sections)


def test_a_preheader_is_what_the_lead_is_about_cut_after_a_word() -> None:
    line = made([article("a", summary=LONG)]).preheader
    assert line == "Seven brass players meet on the pier before the first ferry, and the town has stopped…"


def test_a_preheader_in_a_wide_script_is_shorter() -> None:
    line = made([article("a", summary="바닷가 마을의 새벽 연주회 " * 9)], language="ko-KR").preheader
    assert 40 <= len(line) <= 60


def test_a_short_summary_is_followed_by_the_next_titles_and_then_by_the_hot_list() -> None:
    members = [article("a", image=True, summary="A pier at dawn."), article("b", title="Night buses")]
    hot = [
        HotEntry(1, "Night buses"),
        HotEntry(2, "TITLE A"),
        HotEntry(3, "Rain over the valley"),
        HotEntry(4, "Snow"),
    ]
    assert made(members, hot).preheader == "A pier at dawn. · Night buses · Rain over the valley"


def test_a_summary_that_says_the_title_again_says_only_what_follows_it() -> None:
    assert summary_line(article("a", title="The pier", summary="THE PIER: music at dawn")) == "music at dawn"
    assert (
        summary_line(article("a", title="The pier", summary="The piers of the town"))
        == "The piers of the town"
    )
    assert (
        summary_line(article("a", title="The pier", summary="“The pier”", content="<p>The <b>pi</b>er</p>"))
        == "“The pier”"
    )


def test_without_a_summary_a_story_begins_with_its_own_words() -> None:
    text = "<p>The first ferry &amp; the last.</p>\n<p>Nobody sleeps.</p>"
    assert summary_line(article("a", content=text)) == "The first ferry & the last. Nobody sleeps."
    assert summary_line(article("a", summary="Title a", content=text)).startswith("The first ferry")
    assert summary_line(article("a")) == ""


def test_a_summary_is_plain_text_and_stays_it() -> None:
    assert (
        summary_line(article("a", summary="How <b> &amp; <i> came\nto be")) == "How <b> &amp; <i> came to be"
    )


def test_one_headline_alone_has_no_preheader() -> None:
    assert made([article("a")]).preheader == ""


@given(st.text(max_size=200), st.text(min_size=1, max_size=120), st.lists(st.text(max_size=60), max_size=5))
def test_a_preheader_never_exceeds_ninety_characters_nor_is_it_the_subject(
    summary: str, title: str, others: list[str]
) -> None:
    lead = article("a", title=title, summary=summary)
    line = preheader(lead, [article("b", title=other) for other in others], (), "en")
    assert len(line) <= 90
    assert not line or line.strip() != title.strip()
    assert "\n" not in line
