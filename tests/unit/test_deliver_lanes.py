"""Lanes by the suffix of a domain."""

import pytest

from syndication.deliver.lanes import DEFAULT_LANES, OTHER, Lane, lane_of


@pytest.mark.parametrize(
    ("domain", "lane"),
    [
        ("gmail.com", "gmail"),
        ("GoogleMail.com", "gmail"),
        ("hotmail.co.uk", "outlook"),
        ("hanmail.net", "daum"),
        ("naver.com", "naver"),
        ("mail.naver.com", "naver"),
        ("yahoo.co.jp", "yahoo-japan"),
        ("notgmail.com", OTHER),
        ("gmail.com.example", OTHER),
        ("example.com", OTHER),
    ],
)
def test_a_domain_belongs_to_its_providers_lane(domain: str, lane: str) -> None:
    assert lane_of(domain) == lane


def test_the_longest_suffix_wins_and_then_the_first_lane() -> None:
    lanes = (
        Lane("wide", ("example.com",)),
        Lane("close", ("mail.example.com",)),
        Lane("late", ("example.com",)),
    )
    assert lane_of("a.mail.example.com", lanes) == "close"
    assert lane_of("example.com", lanes) == "wide"


def test_no_domain_stands_in_two_of_the_built_in_lanes() -> None:
    domains = [domain for lane in DEFAULT_LANES for domain in lane.domains]
    assert len(domains) == len(set(domains))
