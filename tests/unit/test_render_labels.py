import re
from datetime import UTC, date, datetime

import pytest
from babel.messages.pofile import read_po

from syndication.render.labels import Labels, load_labels
from syndication.render.theme import shipped_folder
from tests.unit.render_editions import PUBLICATION, article, edition, merged, renderer, section, subscriber

DEFAULT = shipped_folder() / "default"


def labels(language: str) -> Labels:
    return load_labels(language, PUBLICATION.timezone, [DEFAULT])


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "Friday 20 November 2026", "3 March 2024"),
        ("en-US", "Friday, November 20, 2026", "March 3, 2024"),
        ("ko", "2026년 11월 20일 금요일", "2024년 3월 3일"),
        ("ko-KR", "2026년 11월 20일 금요일", "2024년 3월 3일"),
        ("de", "Freitag, 20. November 2026", "3. März 2024"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(language: str, day: str, moment: str) -> None:
    assert labels(language).day(date(2026, 11, 20)) == day
    assert labels(language).date(datetime(2024, 3, 3, 12, tzinfo=UTC)) == moment


@pytest.mark.parametrize("language", ["xx", "nonsense!", "", "en-Latn-XX-long"])
def test_an_unknown_language_gets_english(language: str) -> None:
    assert labels(language).day(date(2026, 11, 20)) == "Friday 20 November 2026" or language.startswith("en-")


def test_plurals_follow_the_language() -> None:
    count = ("up %(count)s place", "up %(count)s places")
    assert [labels("en").count(*count, number) for number in (1, 2)] == ["up 1 place", "up 2 places"]
    assert [labels("ko").count(*count, number) for number in (1, 2)] == ["1계단 상승", "2계단 상승"]


def test_the_korean_catalogue_has_every_message_of_the_templates_and_no_other() -> None:
    with (DEFAULT / "locale" / "ko.po").open("rb") as stream:
        catalogue = read_po(stream)
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and message.string
    }
    source = "".join(file.read_text("utf-8") for file in DEFAULT.iterdir() if file.is_file())
    for room in ("render", "flows", "web/subscribers"):
        for file in (DEFAULT.parent.parent / "syndication" / room).rglob("*.py"):
            source += file.read_text("utf-8")
    used = set(re.findall(r'(?:_|labels\.text|labels\.count|renderer\.label)\(\s*"([^"]+)"', source)) | set(
        re.findall(r'(?:else _\(|WORDING = )"([^"]+)"', source)
    )
    used |= {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
    assert translated == used


def test_korean_labels_leave_the_articles_as_they_are() -> None:
    html, text = merged(renderer().digest(edition(), "ko"), subscriber(language="ko", name="김하늘"))
    assert "김하늘 님, 안녕하세요." in html
    assert "구독 취소" in html
    assert '<html lang="ko" dir="ltr"' in html
    assert '<h3 lang="en" dir="ltr"' in html
    assert "Notes on trams" in html
    assert "zoe@example.org\n주소로 2024년 3월 3일에" in text


def test_a_right_to_left_language_turns_the_mail_round() -> None:
    html, _ = merged(renderer().digest(edition(), "ar"), subscriber(language="ar"))
    assert '<html lang="ar" dir="rtl"' in html
    assert "direction:rtl" in html
    assert "direction:ltr" not in html
    assert 'align="left"' in html  # the marks at the end of a line
    assert 'align="right"' in html


def test_a_right_to_left_article_stands_so_in_a_left_to_right_mail() -> None:
    html, _ = merged(
        renderer().digest(edition(sections=(section("Sea", article("x", language="he")),)), "en")
    )
    assert '<h3 lang="he" dir="rtl"' in html


def test_a_digest_is_made_in_the_publications_language_english_and_each_catalogue() -> None:
    assert renderer().languages == ("en", "ko")
    assert renderer(language="ko").languages == ("ko", "en")
    assert renderer(language="en-GB").languages == ("en-GB", "ko")
    assert renderer(language="pt").languages == ("pt", "en", "ko")


def test_a_label_is_in_the_publications_language() -> None:
    assert renderer(language="ko").label("Weekly hot") == "주간 인기 기사"
    assert renderer().label("Weekly hot") == "Weekly hot"


def test_a_label_without_a_translation_keeps_its_order_among_letters_that_run_the_other_way() -> None:
    assert labels("ar").text("Hello,") == "\u2066Hello,\u2069"
    assert labels("he").count("%(count)s min read", "%(count)s min read", 3) == "\u20663 min read\u2069"
    assert labels("en").text("Hello,") == "Hello,"
    assert labels("ko").text("Hello,") == "안녕하세요."
