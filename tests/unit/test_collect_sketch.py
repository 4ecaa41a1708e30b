"""The estimate of how many different visitors there were keeps its promise at every size."""

import random
from hashlib import blake2b

import pytest

from syndication.collect.access_log.sketch import Sketch
from syndication.collect.access_log.visitors import Visitors, fold


def hashes(number: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    return [chance.getrandbits(64) for _ in range(number)]


@pytest.mark.parametrize("number", [0, 1, 50, 3_000, 16_384, 40_000, 80_000, 200_000])
def test_an_estimate_is_within_four_standard_errors(number: int) -> None:
    sketch = Sketch()
    sketch.add(hashes(number, seed=number))
    assert abs(sketch.count() - number) <= 4 * 0.0081 * number


def test_the_error_over_many_sketches_is_the_one_that_is_promised() -> None:
    errors = []
    for seed in range(40):
        sketch = Sketch()
        sketch.add(hashes(9_000, seed))
        errors.append(sketch.count() / 9_000 - 1)
    assert abs(sum(errors) / len(errors)) < 0.004  # no bias
    assert (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 0.0081 * 1.3


def test_the_same_again_changes_nothing() -> None:
    once, twice = Sketch(), Sketch()
    numbers = hashes(5_000, seed=1)
    once.add(numbers)
    twice.add(numbers + numbers[::-1])
    assert once.count() == twice.count()


def test_visitors_are_counted_alike_however_often_they_are_settled() -> None:
    seldom, often = Visitors(), Visitors()
    for number in range(30_000):
        digest = blake2b(str(number % 7_000).encode(), digest_size=8).digest()
        seldom.fresh += digest
        often.fresh += digest
        if number % 1_000 == 0:
            fold([often], many=10**9)
    assert (seldom.count(), seldom.views) == (often.count(), often.views) == (7_000, 30_000)
