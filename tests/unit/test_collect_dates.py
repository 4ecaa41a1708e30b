"""Times as newsrooms write them, in their languages."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.collect.text.dates import read_time

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026년 11월 16일 오후 3:30", "2026-11-16T15:30:00+09:00"),
        ("2026년 11월 16일 (월) 오전 12시 5분", "2026-11-16T00:05:00+09:00"),
        ("Mon, 16 Nov 2026 09:30:00 GMT+2", "2026-11-16T09:30:00+02:00"),
        ("16 Nov 2026 09:30 UTC-3:30", "2026-11-16T09:30:00-03:30"),
        ("Mon, 16 Nov 2026 09:30:00 Europe/Paris", "2026-11-16T09:30:00+01:00"),
        ("2026-07-16T09:30:00[America/New_York]", "2026-07-16T09:30:00-04:00"),
        ("2026-11-16 09:30 (America/Argentina/Buenos_Aires)", "2026-11-16T09:30:00-03:00"),
        ("16 Nov 2026 09:30 Nowhere/City", "2026-11-16T09:30:00+09:00"),
        ("20261116T093000Z", "2026-11-16T09:30:00+00:00"),
        ("20261116T0930+0100", "2026-11-16T09:30:00+01:00"),
        ("20261116", "2026-11-16T00:00:00+09:00"),
        ("2026년11월16일", "2026-11-16T00:00:00+09:00"),
        ("2026년 11월 16일 월요일 PM 3:30", "2026-11-16T15:30:00+09:00"),
        ("2026. 11. 16., AM 12:05", "2026-11-16T00:05:00+09:00"),
        ("2026年11月16日 09:30", "2026-11-16T09:30:00+09:00"),
        ("16 ноября 2026 г., 09:30", "2026-11-16T09:30:00+09:00"),  # noqa: RUF001 - it is Russian
        ("Пн, 16 ноя 2026 09:30:00 +0300", "2026-11-16T09:30:00+03:00"),
        ("Mo, 16 Nov 2026 09:30:00 +0100", "2026-11-16T09:30:00+01:00"),
        ("16. November 2026 09:30", "2026-11-16T09:30:00+09:00"),
        ("Di, 3. März 2026 07:05 MEZ", "2026-03-03T07:05:00+01:00"),
        ("lundi 16 novembre 2026 09:30", "2026-11-16T09:30:00+09:00"),
        ("mar. 17 nov. 2026 à 09h30", "2026-11-17T09:30:00+09:00"),  # mardi is no March
        ("1er août 2026", "2026-08-01T00:00:00+09:00"),
        ("16 juil. 2026", "2026-07-16T00:00:00+09:00"),
        ("16 de noviembre de 2026", "2026-11-16T00:00:00+09:00"),
        ("16 de nov. de 2026 3:30 p. m.", "2026-11-16T15:30:00+09:00"),
        ("Posted on Nov. 16, 2026 | 4 comments", "2026-11-16T00:00:00+09:00"),
        ("Monday, November 16, 2026 - 09:30", "2026-11-16T09:30:00+09:00"),
        ("November 16, 2026 9:30 PM", "2026-11-16T21:30:00+09:00"),
        ("Nov 16th, 2026 12:30 a.m.", "2026-11-16T00:30:00+09:00"),
        ("16-Nov-2026 10:00:00 GMT", "2026-11-16T10:00:00+00:00"),
        ("Mon, 16 Nov 2026 24:00:00 GMT", "2026-11-17T00:00:00+00:00"),
        ("Mon, 16 Nov 2026 09:30:60 GMT", "2026-11-16T09:30:59+00:00"),
        ("Mon, 16 Nov 2026 9:5:1 EST", "2026-11-16T09:05:01-05:00"),
        ("Mon, 16 Nov 2026 09:30:00 JST", "2026-11-16T09:30:00+09:00"),
        ("Mon, 16 Nov 2026 09:30:00 GMT+0200", "2026-11-16T09:30:00+02:00"),
        ("Mon, 16 Nov 26 09:30:00 GMT", "2026-11-16T09:30:00+00:00"),
        ("Mon Nov 16 09:30:00 GMT 2026", "2026-11-16T09:30:00+00:00"),
        ("2026-11-16 09:30:00 UTC", "2026-11-16T09:30:00+00:00"),
        ("2026-11-16T09:30:00+09", "2026-11-16T09:30:00+09:00"),
        ("16.11.2026 09:30", "2026-11-16T09:30:00+09:00"),
        ("11/16/2026 09:30", "2026-11-16T09:30:00+09:00"),
        ("16/11/2026", "2026-11-16T00:00:00+09:00"),
        ("20261116093000", "2026-11-16T09:30:00+09:00"),
        ("1794821400", "2026-11-16T09:30:00+00:00"),
        ("1794821400123", "2026-11-16T09:30:00+00:00"),
    ],
)
def test_a_date_in_any_of_ten_languages_is_read(written: str, meant: str) -> None:
    found = read_time(written, SEOUL)
    assert found is not None
    assert found.isoformat() == meant


@pytest.mark.parametrize(
    "written",
    [
        "11/12/2026",  # in which half of the world?
        "3/09/15 8:00am",
        "16 jui 2026",  # juin or juillet
        "Mon, 31 Nov 2026 09:30:00 GMT",
        "16 Nonsense 2026",
        "soon, 2026",
        "16 Nov 2026 " + "x" * 100,
        "12345678901234567890",
    ],
)
def test_what_is_two_dates_or_none_is_none(written: str) -> None:
    assert read_time(written, SEOUL) is None


@given(
    st.datetimes(datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("2100-01-01")),
    st.integers(-14 * 4, 14 * 4),
)
def test_every_rfc_822_date_comes_back(local: datetime, quarters: int) -> None:
    moment = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarters)))
    assert read_time(format_datetime(moment), SEOUL) == moment


@given(st.text(alphabet=st.sampled_from("0123456789:/.-, +aepmnovdTZ년월일오후")))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    found = read_time(text, SEOUL)
    assert found is None or found.astimezone(UTC)
