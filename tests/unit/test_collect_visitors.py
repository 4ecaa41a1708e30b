"""The number of different visitors is exact up to a bound, and a good estimate above it."""

import random
from array import array
from hashlib import blake2b

import pytest

from syndication.collect.access_log.visitors import Visitors, settle_all


def visitors_of(number: int, seed: int, many: int) -> Visitors:
    visitors = Visitors()
    chance = random.Random(seed)
    for _ in range(0, number, 1_000):
        visitors.fresh += array("Q", [chance.getrandbits(64) for _ in range(min(1_000, number))]).tobytes()
        settle_all([visitors], many)
    return visitors


@pytest.mark.parametrize("number", [20_000, 40_000, 80_000, 200_000])
def test_an_estimate_is_within_four_standard_errors_and_is_kept_in_little_memory(number: int) -> None:
    visitors = visitors_of(number, seed=number, many=5_000)
    assert abs(visitors.count() - number) <= 4 * 0.011 * number
    assert visitors.estimated
    assert visitors.kept < 2 * 2**14


def test_the_error_over_many_estimates_is_the_one_that_is_promised() -> None:
    errors = [visitors_of(40_000, seed, many=5_000).count() / 40_000 - 1 for seed in range(40)]
    assert abs(sum(errors) / len(errors)) < 0.005  # no bias
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 0.011 * 1.3


def test_what_is_few_is_exact_however_many_there_are_in_all() -> None:
    few, lots = visitors_of(9_000, seed=1, many=10**9), visitors_of(30_000, seed=2, many=10**9)
    settle_all([few, lots], many=1_000)
    assert (few.count(), few.estimated, lots.estimated) == (9_000, False, True)


@pytest.mark.parametrize("many", [10**9, 1_000])
def test_the_same_visitors_again_change_nothing_but_the_views(many: int) -> None:
    once, twice = visitors_of(30_000, seed=1, many=many), visitors_of(30_000, seed=1, many=many)
    chance = random.Random(1)
    twice.fresh += array("Q", [chance.getrandbits(64) for _ in range(30_000)]).tobytes()
    assert once.count() == twice.count()
    assert (once.views, twice.views) == (30_000, 60_000)


def test_visitors_are_counted_alike_however_often_they_are_settled() -> None:
    seldom, often = Visitors(), Visitors()
    for number in range(30_000):
        digest = blake2b(str(number % 7_000).encode(), digest_size=8).digest()
        seldom.fresh += digest
        often.fresh += digest
        if number % 1_000 == 0:
            settle_all([often], many=10**9)
    assert (seldom.count(), seldom.views) == (often.count(), often.views) == (7_000, 30_000)
