from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.domain.week import CutOff, WeekKey

ZONES = [
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "Africa/Cairo",
    "Pacific/Apia",
    "Australia/Lord_Howe",
]
cutoffs = st.builds(
    CutOff,
    st.integers(0, 6),
    st.times(min_value=time(0), max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES).map(ZoneInfo),
)
weeks = st.dates(date(1990, 1, 1), date(2040, 1, 1)).map(WeekKey.of)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(weeks)
def test_a_week_reads_back_as_it_is_written(key: WeekKey) -> None:
    assert WeekKey.parse(str(key)) == key
    assert WeekKey.of(key.monday() + timedelta(days=6)) == key


@pytest.mark.parametrize(
    "text",
    [
        "2026-W54",
        "2025-W53",
        "2026-W00",
        "2026-47",
        "2026-W4",
        "",
        " 2026-W47",
        "٢٠٢٦-W47",
        "0001-W01",
        "9999-W52",
    ],
)
def test_a_week_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"week|year"):
        WeekKey.parse(text)


def test_the_week_before_the_first_belongs_to_the_year_before() -> None:
    assert str(WeekKey.parse("2027-W01").shifted(-1)) == "2026-W53"


@pytest.mark.parametrize("text", ["Monday 00:00", "friday 07:00", " sunday  9:30 "])
def test_a_weekday_and_a_time_are_read(text: str) -> None:
    cutoff = CutOff.parse(text, ZoneInfo("Asia/Seoul"))
    assert (cutoff.weekday, cutoff.time) in {(0, time(0)), (4, time(7)), (6, time(9, 30))}


@pytest.mark.parametrize(
    "text", ["", "monday", "monday 24:00", "mon 07:00", "friday 7:60", "friday 07:00 UTC"]
)
def test_anything_else_is_no_cut_off(text: str) -> None:
    with pytest.raises(ValueError, match="weekday"):
        CutOff.parse(text, ZoneInfo("UTC"))


def test_monday_midnight_is_the_end_of_the_week_and_not_its_beginning() -> None:
    cutoff = CutOff.parse("monday 00:00", ZoneInfo("Asia/Seoul"))
    assert cutoff.at(WeekKey.parse("2026-W47")) == datetime(2026, 11, 22, 15, tzinfo=UTC)
    late = CutOff.parse("monday 00:01", ZoneInfo("Asia/Seoul"))
    assert late.at(WeekKey.parse("2026-W47")) == datetime(2026, 11, 15, 15, 1, tzinfo=UTC)


def test_a_time_that_daylight_saving_skips_counts_by_the_offset_before() -> None:
    cutoff = CutOff.parse("sunday 02:30", ZoneInfo("Europe/Berlin"))
    assert cutoff.at(WeekKey.parse("2026-W13")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_counts_the_first_time() -> None:
    cutoff = CutOff.parse("sunday 02:30", ZoneInfo("Europe/Berlin"))
    assert cutoff.at(WeekKey.parse("2026-W43")) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_weeks_of_a_clock_change_are_an_hour_shorter_and_longer() -> None:
    cutoff = CutOff.parse("monday 00:00", ZoneInfo("Europe/Berlin"))
    lengths = [
        end - begin
        for begin, end in map(cutoff.window, [WeekKey(2026, 13), WeekKey(2026, 14), WeekKey(2026, 43)])
    ]
    assert lengths == [timedelta(hours=167), timedelta(hours=168), timedelta(hours=169)]


@given(cutoffs, weeks)
def test_a_cut_off_lies_within_its_own_week_by_the_local_calendar(cutoff: CutOff, key: WeekKey) -> None:
    wall = cutoff.at(key).astimezone(cutoff.zone).replace(tzinfo=None)
    monday = datetime.combine(key.monday(), time(0))
    # Up to an hour (a day in Samoa, which once skipped one) later where the wall clock jumped over the cut-off.
    assert monday < wall <= monday + timedelta(days=8 if str(cutoff.zone) == "Pacific/Apia" else 7, hours=1)


@given(cutoffs, weeks)
def test_windows_follow_each_other_without_gap_or_overlap(cutoff: CutOff, key: WeekKey) -> None:
    (begin, end), (next_begin, _) = cutoff.window(key), cutoff.window(key.shifted(1))
    assert begin < end == next_begin


@given(cutoffs, weeks)
def test_at_the_second_of_the_cut_off_the_week_has_passed_and_a_second_before_it_has_not(
    cutoff: CutOff, key: WeekKey
) -> None:
    assert cutoff.latest(cutoff.at(key)) == key
    assert cutoff.latest(cutoff.at(key) - timedelta(seconds=1)) == key.shifted(-1)


@given(cutoffs, instants)
def test_the_latest_key_is_the_last_whose_cut_off_is_not_ahead(cutoff: CutOff, now: datetime) -> None:
    key = cutoff.latest(now)
    assert cutoff.at(key) <= now < cutoff.at(key.shifted(1))
