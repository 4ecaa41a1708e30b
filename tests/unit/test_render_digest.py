import re
import time
from pathlib import Path

import pytest

from syndication.domain.article import Image
from syndication.domain.edition import Section
from syndication.domain.hotlist import Trend
from syndication.domain.variant import begin, end, merge, split
from syndication.errors import TemplateError
from syndication.render.budget import Budget
from syndication.render.compiler import compiled
from syndication.render.lines import LineTable
from syndication.render.renderer import LIMIT
from syndication.render.theme import shipped_folder
from tests.unit.render_editions import (
    Page,
    article,
    edition,
    entry,
    merged,
    picture,
    renderer,
    section,
    subscriber,
)

HOSTILE = 'Dogs & "cats" <3 {{ 7 * 7 }} {% raw %} [[~s.email~]] \u202fnaïve\u00a0नाव 👩‍👩‍👧 \\u{a0}'


def test_the_digest_has_language_direction_title_and_one_h1() -> None:
    html, _ = merged(renderer().digest(edition(), "en"))
    page = Page(html)
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("html")[0]["dir"] == "ltr"
    assert "<title>Notes on bells</title>" in html
    assert page.headings == [
        (1, "The Harbour Bell"),
        (2, "Notes on bells"),
        (2, "City"),
        (3, "Notes on trams"),
        (3, "Notes on kerbs"),
        (2, "Sea"),
        (3, "Notes on gulls"),
        (2, "Weekly hot"),
    ]


def test_every_layout_table_is_presentational_and_every_image_has_alt_and_width() -> None:
    page = Page(merged(renderer().digest(edition(), "en"))[0])
    assert {table.get("role") for table in page.all("table")} == {"presentation"}
    assert [(image["alt"], image["width"]) for image in page.all("img")] == [
        ("A bronze bell", "600"),
        ("A tram", "198"),
    ]


def test_an_image_without_a_caption_is_called_by_its_credit_and_without_either_left_out_of_the_reading() -> (
    None
):
    bare = picture("bells", "")
    shown = edition(lead=article("bells", image=bare, credit="Rope Walk Archive"), sections=())
    page = Page(merged(renderer().digest(shown, "en"))[0])
    assert [image["alt"] for image in page.all("img")] == ["Image: Rope Walk Archive"]
    page = Page(merged(renderer().digest(edition(lead=article("bells", image=bare), sections=()), "en"))[0])
    assert [image["alt"] for image in page.all("img")] == [""]
    assert len([link for link in page.all("a") if link.get("aria-hidden") == "true"]) == 1


def test_where_images_are_off_none_leaves_an_empty_box() -> None:
    page = Page(merged(renderer().digest(edition(), "en"))[0])
    assert all("height" not in image for image in page.all("img"))


def test_nothing_but_blanks_follows_the_preheader_in_an_inbox() -> None:
    html, _ = merged(renderer().digest(edition(), "en"))
    begin_of_mail = "".join(Page(html).words).partition("View in your browser")[0]
    _, preheader, blanks = begin_of_mail.partition(edition().preheader)
    assert preheader
    assert len(blanks) > 150
    assert not re.search(r"[^\s\u034f]", blanks)


def test_nothing_of_mjml_of_templates_or_of_tokens_is_left() -> None:
    html, text = merged(renderer().digest(edition(), "en"))
    for part in (html, text):
        assert not re.search(r"</?mj-|\[\[~|\{\{|\{%|\\u\{|[\ufdd0-\ufdef]", part)


def test_dark_mode_is_declared_by_both_metas_a_media_query_and_for_outlook() -> None:
    html, _ = merged(renderer().digest(edition(), "en"))
    assert '<meta name="color-scheme" content="light dark"' in html
    assert '<meta name="supported-color-schemes" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "[data-ogsc] .ink" in html


def test_a_named_reader_is_greeted_by_name_and_an_unnamed_one_without() -> None:
    variant = renderer().digest(edition(), "en")
    html, text = merged(variant)
    assert "Hello Zoë &amp; Co,<br" in html
    assert "Hello Zoë & Co,\nfour stories this week, and the ones that were read most.\n" in text
    html, text = merged(variant, subscriber(name=" "))
    assert "Hello,<br" in html
    assert "\nHello,\nfour stories" in text


def test_the_footer_says_why_and_holds_both_links_and_the_address() -> None:
    html, text = merged(renderer().digest(edition(), "en"))
    words = Page(html).text
    assert (
        "You are receiving this at zoe@example.org because you subscribed to the weekly digest on 3 March 2024."
        in words
    )
    assert "The Harbour Bell, 3 Rope Walk, Lisbon" in words
    assert 'href="https://news.bell.example/u/t?a=1&amp;b=2"' in html
    assert "Unsubscribe:\nhttps://news.bell.example/u/t?a=1&b=2\n" in text
    assert "Change what you receive:\nhttps://news.bell.example/p/t\n" in text


def test_a_reader_without_a_date_of_consent_is_told_none() -> None:
    html, text = merged(renderer().digest(edition(), "en"), subscriber(since=None))
    assert "subscribed to the weekly digest." in Page(html).text
    assert "subscribed to the weekly digest." in " ".join(text.split())


def test_a_reader_of_one_topic_gets_its_section_whole_and_no_other() -> None:
    variant = renderer().digest(edition(), "en")
    html, text = merged(variant, subscriber(topics=("sea",)))
    assert "Notes on gulls" in html
    assert "Notes on gulls" in text
    assert "Notes on trams" not in html
    assert "Notes on trams" not in text
    assert "this week in the topics you chose." in html
    assert "Notes on bells" in html
    assert "Weekly hot" in html


def test_a_cut_section_leaves_the_bytes_of_a_compile_without_it() -> None:
    using = renderer()
    variant = using.digest(edition(), "en")
    context = using._digest_context(edition(), variant, using._in("en"), Budget())
    source, lines = using._templates.mjml("digest.mjml", context)
    without = re.sub(
        re.escape(f"<mj-raw>{begin('topic:city')}</mj-raw>")
        + ".*?"
        + re.escape(f"<mj-raw>{end('topic:city')}</mj-raw>")
        + r"\s*",
        "",
        source,
        flags=re.DOTALL,
    )
    assert len(without) < len(source)
    html = compiled(without, LineTable((), ()), "digest.mjml", str)
    flags = {"named", "since", "chosen", "topic:sea"}
    values = dict.fromkeys(("name", "email", "since", "unsubscribe", "preferences"), "x")
    full = compiled(source, lines, "digest.mjml", str)
    assert merge(split(full), values, flags) == merge(split(html), values, flags)


def test_a_reader_whose_topics_are_not_in_the_edition_gets_no_mail() -> None:
    using = renderer()
    variant = using.digest(edition(), "en")
    assert using.flags(subscriber(topics=("sport",)), variant) is None
    assert using.flags(subscriber(topics=("culture",)), variant) is not None  # the lead's own
    assert using.flags(subscriber(topics=()), variant) is not None


def test_a_lead_without_a_section_is_for_everybody() -> None:
    using = renderer()
    variant = using.digest(edition(lead=article("bells", section="")), "en")
    assert variant.common
    assert using.flags(subscriber(topics=("sport",)), variant) is not None


def test_a_section_in_another_script_can_be_a_topic() -> None:
    using = renderer()
    variant = using.digest(edition(sections=(Section("영화", "영화", (article("film"),)),)), "ko")
    assert "영화" in variant.topics
    html, _ = merged(variant, subscriber(topics=("영화",), language="ko"), using)
    assert "Notes on film" in html


def test_what_a_feed_says_stays_text() -> None:
    hostile = article(
        "x", title=HOSTILE, summary=HOSTILE, authors=(HOSTILE,), section="", image=picture("x", HOSTILE)
    )
    shown = edition(
        lead=hostile,
        sections=(Section(HOSTILE, "odd", (hostile,)),),
        hot=(entry(1, HOSTILE, section=HOSTILE),),
        note=HOSTILE,
    )
    html, text = merged(renderer().digest(shown, "en"))
    page = Page(html)
    wanted = " ".join(HOSTILE.split())
    assert page.headings[1] == (2, HOSTILE)
    assert {image["alt"] for image in page.all("img")} == {HOSTILE}
    assert page.text.count(wanted) >= 6
    assert html.count("zoe@example.org") == 1  # in the footer, not where the feed wrote a token
    assert "[\u2060[~s.email~]]" in text
    assert "{{ 7 * 7 }}" in text
    assert "&amp;" not in text


def test_control_characters_and_line_ends_of_a_feed_are_gone() -> None:
    html, text = merged(
        renderer().digest(edition(lead=article("x", title="one\r\ntwo\x00\x1b\ufdd0s.email\ufdd1")), "en")
    )
    assert "one twos.email" in html
    assert "one twos.email" in text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/relative", "ftp://a.example/", "", "https://", 'https://a"b.example/']
)
def test_an_address_that_is_not_of_the_web_is_no_link(url: str) -> None:
    html, text = merged(renderer().digest(edition(lead=article("x", url=url, title="No way")), "en"))
    assert "No way" in html
    assert "Read the full story" not in html
    assert (
        "No way\nWhat x has to do with the tide, and who keeps count of it.\nAda Quill · 3 min read\n\n"
        in text
    )


def test_an_address_in_another_script_is_ascii() -> None:
    html, text = merged(
        renderer().digest(edition(lead=article("x", url="https://bücher.example/ж?q=ü ü&r=[~")), "en")
    )
    assert 'href="https://xn--bcher-kva.example/%D0%B6?q=%C3%BC%20%C3%BC&amp;r=%5B~"' in html
    assert "https://xn--bcher-kva.example/%D0%B6?q=%C3%BC%20%C3%BC&r=%5B~\n" in text


def test_only_published_images_are_shown() -> None:
    local = article("a", section="Sea", image=Image("media/1234.png", "A net", 400, 300))
    odd = article("b", image=Image("data:image/png;base64,AA", "No"))
    page = Page(merged(renderer().digest(edition(lead=local, sections=(section("City", odd),)), "en"))[0])
    assert [image["src"] for image in page.all("img")] == ["https://news.bell.example/feeds/media/1234.png"]


def test_addresses_of_authors_do_not_get_into_the_mail() -> None:
    shown = edition(
        lead=article("x", authors=("Ada Quill <ada@bell.example>", "desk@bell.example", "Bo Reed"))
    )
    html, text = merged(renderer().digest(shown, "en"))
    assert "Ada Quill and Bo Reed · 3 min read" in html
    assert "@bell" not in html + text


def test_a_name_of_nothing_but_at_signs_does_not_hold_the_mail_up() -> None:
    names = (
        "@" * 2_000,
        "x" * 20_000,
        "a@" * 1_000,
        "a@b@c.example",
    )  # seconds to minutes if each @ is tried again
    began = time.process_time()
    html, _ = merged(renderer().digest(edition(lead=article("x", authors=(*names, "Bo Reed"))), "en"))
    assert time.process_time() - began < 5
    assert "Bo Reed" in html
    assert "c.example" not in html


def test_a_first_edition_has_no_marks_and_an_entry_without_article_no_link() -> None:
    page = Page(merged(renderer().digest(edition(hot=(entry(1, "Salt"), entry(2, "Rope"))), "en"))[0])
    assert "Most read on the site. 1 Salt 2 Rope You" in page.text
    assert not [span for span in page.all("span") if span.get("role") == "img"]


def test_every_mark_has_words() -> None:
    page = Page(merged(renderer().digest(edition(), "en"))[0])
    assert [span["aria-label"] for span in page.all("span") if span.get("role") == "img"] == [
        "up 2 places",
        "down 1 place",
        "new this week",
        "no change",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"hot": ()},
        {"sections": ()},
        {"sections": (), "hot": (), "lead": article("bells", summary="", authors=(), content="", image=None)},
        {"lead": article("bells", title="Tide " * 60)},
        {"note": "First.\n\nSecond."},
    ],
    ids=["no hot list", "one story", "hardly anything", "a title of 300 characters", "a note"],
)
def test_small_and_odd_editions_render(changes: dict[str, object]) -> None:
    html, text = merged(renderer().digest(edition(**changes), "en"))
    assert Page(html).headings[0] == (1, "The Harbour Bell")
    assert all(len(line) <= 78 for line in text.splitlines() if "://" not in line)


def test_a_mail_over_the_limit_trims_itself_and_says_so() -> None:
    stories = tuple(article(f"s{number}", title=f"Story {number} " + "long " * 40) for number in range(300))
    variant = renderer().digest(edition(sections=(section("City", *stories),)), "en")
    html, text = merged(variant)
    assert len(variant.html.encode()) <= LIMIT
    match = re.fullmatch(r"excerpts left out, (\d+) stories left to the web", variant.trimmed)
    assert match
    assert f"{match[1]} more in City" in html
    assert f"{match[1]} more in City:\nhttps://news.bell.example/feeds/archive/2026-W47.html" in text
    assert variant == renderer().digest(edition(sections=(section("City", *stories),)), "en")


@pytest.mark.parametrize(
    ("places", "stories", "words"), [(100, 2, 1), (84, 15, 1), (100, 1, 40), (60, 60, 8)], ids=str
)
def test_a_long_hot_list_gives_way_before_any_story_does(places: int, stories: int, words: int) -> None:
    hot = tuple(
        entry(rank, f"Place {rank} " + "quay " * words, Trend.UP, 2, url=f"https://bell.example/p{rank}")
        for rank in range(1, places + 1)
    )
    week = tuple(article(f"s{number}", title=f"Story {number}") for number in range(stories))
    long = edition(sections=(section("City", *week),), hot=hot)
    variant = renderer().digest(long, "en")
    html, text = merged(variant)
    kept = re.search(rf"hot list cut to (\d+) of {places} places", variant.trimmed)
    assert kept
    assert "left to the web" not in variant.trimmed
    assert html.count(">Story ") == stories
    assert len(variant.html.encode()) <= LIMIT
    shown = int(kept[1])
    assert (html.count(">Place "), text.count(". Place ")) == (shown, shown)
    assert f"Read {places - shown} more stories on the web" in html
    assert f"Read {places - shown} more stories on the web:\nhttps://news.bell.example/" in text
    assert renderer().edition_page(long).count("Place ") >= places


def test_a_hot_list_that_fits_stays_whole_and_nothing_is_said() -> None:
    hot = tuple(entry(rank, f"Place {rank}") for rank in range(1, 41))
    variant = renderer().digest(edition(hot=hot), "en")
    assert variant.trimmed == ""
    assert merged(variant)[0].count(">Place ") == 40


def test_a_template_that_is_too_long_by_itself_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "big"
    folder.mkdir(parents=True)
    shipped = (shipped_folder() / "default" / "digest.mjml").read_text("utf-8")
    (folder / "digest.mjml").write_text(shipped.replace("{{ m.footer() }}", "x" * 90_000), "utf-8")
    with pytest.raises(TemplateError, match="over 88,000 bytes even with a single story"):
        renderer(folder.parent, theme="big").digest(edition(), "en")


def test_the_subject_is_cut_at_78_characters_and_stays_on_one_line() -> None:
    variant = renderer(subject="{{ publication.title }}: {{ edition.lead.title }}").digest(
        edition(lead=article("x", title="Salt\nand " * 30)), "en"
    )
    assert variant.subject.startswith("The Harbour Bell: Salt and Salt")
    assert len(variant.subject) <= 78
    assert variant.subject.endswith("…")


def test_a_subject_is_plain_text_and_never_runs_what_a_feed_says() -> None:
    assert (
        renderer().digest(edition(lead=article("x", title="A & B {{ 1 }}")), "en").subject == "A & B {{ 1 }}"
    )


@pytest.mark.parametrize(
    ("subject", "fault"),
    [
        ("{{ edition.nothing }}", "The setting email.subject, line 1: .*nothing"),
        ("\n{{ edition.lead", "The setting email.subject, line 2: "),
        ("{{ ''.__class__.__mro__ }}", "The setting email.subject, line 1: .*unsafe"),
        ("  ", "The subject is empty."),
    ],
)
def test_a_broken_subject_is_one_sentence(subject: str, fault: str) -> None:
    with pytest.raises(TemplateError, match=fault):
        renderer(subject=subject).digest(edition(), "en")


def test_the_same_edition_compiles_to_the_same_bytes() -> None:
    assert renderer().digest(edition(), "en") == renderer().digest(edition(), "en")


def test_a_long_name_is_cut_to_its_line() -> None:
    name = renderer().values(subscriber(name="나무" * 60), since=None, unsubscribe="", preferences="")["name"]
    assert 20 <= len(name) <= 24
    assert name.endswith("…")
