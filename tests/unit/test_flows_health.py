"""When somebody should look at a source."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.flows.collecting.health import has_shrunk, is_lasting, new_usual

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "usual", "looks_broken"),
    [
        (0, 1, True),
        (0, 0, False),
        (9, 40, True),
        (10, 40, False),
        (1, 7, False),
        (1, 8, True),
        (40, 9, False),
    ],
)
def test_none_or_under_a_quarter_looks_broken(count: int, usual: int, looks_broken: bool) -> None:
    assert has_shrunk(count, usual) == looks_broken


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_few_are_said_once_and_none_until_it_is_over(count: int, usual: int) -> None:
    later = new_usual(count, usual)
    assert has_shrunk(count, later) == (count == 0 and usual > 0)


def test_a_night_is_not_long_for_a_failure_and_a_day_is() -> None:
    assert not is_lasting(None, NOW)
    assert not is_lasting(NOW - timedelta(hours=23), NOW)
    assert is_lasting(NOW - timedelta(days=1), NOW)
