"""Identities, addresses, names and times: what makes two entries one article."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.identity import keys
from syndication.collect.text.clean import clean
from syndication.collect.text.dates import read_time
from syndication.collect.text.links import absolute, canonical, shown, without_tracking
from syndication.collect.text.words import author_name, fold, language_tag, printable

SEOUL = ZoneInfo("Asia/Seoul")
DAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    "written",
    [
        "http://paper.example/fog",
        "https://www.paper.example/fog/",
        "HTTPS://Paper.Example:443/fog",
        "https://paper.example/fog?utm_source=x&fbclid=2",
        "https://paper.example/fog#comments",
        "https://paper.example//fog?utm_medium=mail#utm_source=rss",
    ],
)
def test_one_page_has_one_identity_however_it_is_written(written: str) -> None:
    assert canonical(absolute(written)) == "https://paper.example/fog"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://paper.example/view?uid=1", "https://paper.example/view?uid=2"),
        ("https://paper.example/view?cid=1&source=a", "https://paper.example/view?cid=1&source=b"),
        ("https://paper.example/#!/fog", "https://paper.example/#!/sea"),
        ("https://paper.example/fog", "https://paper.example/Fog"),
        ("https://paper.example:8080/fog", "https://paper.example/fog"),
    ],
)
def test_two_pages_stay_two(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_the_order_and_spelling_of_parameters_does_not_count() -> None:
    assert canonical("https://x.example/?b=2&a=%ea%b0%80") == canonical(
        "https://x.example/?a=가&b=2".replace("가", "%EA%B0%80")
    )


def test_a_link_loses_its_tracking_and_nothing_else() -> None:
    assert without_tracking("http://x.example/a/?b=2&utm_id=3&a=1#top") == "http://x.example/a/?b=2&a=1#top"


def test_keys_come_strongest_first() -> None:
    found = keys(url="https://www.x.example/fog/", guid="42", title="“Fog”", day=DAY, source="desk")
    assert found == ("url:https://x.example/fog", "guid:desk:42", "title:'fog':2026-11-16")


def test_a_title_without_a_day_identifies_only_what_has_nothing_else() -> None:
    assert keys(url="", guid="42", title="Letters", day=None, source="desk") == ("guid:desk:42",)
    assert keys(url="", guid="", title="Letters", day=None, source="desk") == ("title:letters:",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("b.html", "https://x.example/a/b.html"),
        ("//y.example/가", "https://y.example/%EA%B0%80"),
        ("http://한글.example/", "http://xn--bj0bj06e.example/"),
        ("http://user:secret@y.example/", "http://y.example/"),
        (" /a b ", "https://x.example/a%20b"),
        ("mailto:a@x.example", ""),
        ("java\nscript:alert(1)", "https://x.example/a/java%20script:alert(1)"),
        ("http://y.example:99999/", ""),
        ("http://[broken/", ""),
        ("", ""),
    ],
)
def test_an_address_becomes_absolute_or_nothing(written: str, meant: str) -> None:
    assert absolute(written, "https://x.example/a/page.html") == meant


@given(st.text(), st.sampled_from(["", "https://x.example/a/"]))
def test_no_text_breaks_the_reading_of_addresses(text: str, base: str) -> None:
    url = absolute(text, base)
    if url:
        assert url.isascii()
        assert canonical(url) == canonical(without_tracking(url))
    assert shown(text) is not None


@pytest.mark.parametrize(
    ("byline", "name"),
    [
        ("mina@x.example (Mina Han)", "Mina Han"),
        ("Mina Han <mina@x.example>", "Mina Han"),
        ("By Mina Han", "Mina Han"),
        ("Byron Seo", "Byron Seo"),
        ("mina@x.example", ""),
        ("mailto:mina@x.example", ""),
        ("Mina Han (Seoul)", "Mina Han (Seoul)"),
        ("  Mina\n Han,", "Mina Han"),
    ],
)
def test_an_author_is_a_name_and_never_an_address(byline: str, name: str) -> None:
    assert author_name(byline) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-16T09:30:05+02:00", "2026-11-16T09:30:05+02:00"),
        ("2026-11-16T09:30:05.123Z", "2026-11-16T09:30:05+00:00"),
        ("2026-11-16 9:30", "2026-11-16T09:30:00+09:00"),
        ("2026.11.16. 09:30", "2026-11-16T09:30:00+09:00"),
        ("2026/11/16", "2026-11-16T00:00:00+09:00"),
        ("Mon, 16 Nov 2026 09:30:05 GMT", "2026-11-16T09:30:05+00:00"),
        ("16 Nov 2026 09:30:05 -0500", "2026-11-16T09:30:05-05:00"),
        ("Mon, 16 Nov 2026 09:30:05", "2026-11-16T09:30:05+09:00"),
    ],
)
def test_times_keep_their_zone_or_take_the_publications(written: str, meant: str) -> None:
    found = read_time(written, SEOUL)
    assert found is not None
    assert found.isoformat() == meant


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2026-13-40", "0001-01-01T00:00:00Z", "20261316", "2026-11-16 25:00"]
)
def test_what_is_no_time_is_none(written: str) -> None:
    assert read_time(written, SEOUL) is None


@given(
    st.datetimes(
        min_value=datetime.fromisoformat("1970-01-02"), max_value=datetime.fromisoformat("2100-01-01")
    ),
    st.integers(-14 * 60, 14 * 60),
)
def test_every_time_with_an_offset_comes_back(local: datetime, minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    moment = local.replace(microsecond=0, tzinfo=UTC) - offset
    text = f"{local.replace(microsecond=0).isoformat()}{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    assert read_time(text, SEOUL) == moment


@given(st.text(alphabet=st.characters()))
def test_plain_fields_hold_nothing_that_xml_forbids(text: str) -> None:
    assert not set(printable(text)) & {chr(n) for n in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
    assert fold(fold(text)) == fold(text)
    fold(text).encode()


def test_a_language_is_a_tag_or_nothing() -> None:
    assert [language_tag(text) for text in ("ko", "en_GB", "not a tag", "")] == ["ko", "en-GB", "", ""]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("It\x92s \x93late\x94", "It\u2019s \u201clate\u201d"),
        ("5 \x80, \x96 and so on\x85", "5 €, \u2013 and so on…"),
        ("a\x81\x8d\x8f\x90\x9db", "ab"),  # what Windows-1252 leaves open
        ("caf\u00e9 \u00a0x", "caf\u00e9 x"),
    ],
)
def test_a_c1_control_is_the_character_of_windows_1252(text: str, right: str) -> None:
    assert fold(text) == right


def test_c1_controls_of_a_body_and_of_its_character_references_are_read_alike() -> None:
    assert clean("<p>It\x92s &#146; &#x85; \x85</p>") == "<p>It\u2019s \u2019 … …</p>"
