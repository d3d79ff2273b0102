"""The interval in which a ratio lies: as computed by hand, and as often right as it says."""

from __future__ import annotations

import math
import random

import pytest

from torchgrade.budget.interval import Interval, ratio_interval


def ends(interval):
    return [math.log(value) for value in (interval.low, interval.ratio, interval.high)]


def test_of_few_pairs_it_is_the_t_interval_of_the_mean():
    half = 4.303 / math.sqrt(3)  # two degrees of freedom, standard deviation 1
    assert ends(ratio_interval([2.0, 0.0, 1.0])) == pytest.approx([1 - half, 1, 1 + half])


def test_of_many_pairs_the_extreme_fifths_are_left_out():
    # 2 to 7 are kept; in the variance 0 and 1 count as 2, 8 and 90 as 7: squares of 42.5 about 4.5.
    half = 2.571 * math.sqrt(42.5 / (6 * 5))
    interval = ratio_interval([90.0, *map(float, range(9))])
    assert ends(interval) == pytest.approx([4.5 - half, 4.5, 4.5 + half])
    assert interval.count == 10


def test_pairs_that_agree_leave_nothing_open():
    interval = ratio_interval([math.log(2)] * 8)
    assert (interval.low, interval.ratio, interval.high) == pytest.approx((2, 2, 2))
    assert interval.width == pytest.approx(0, abs=1e-12)


def test_it_does_not_matter_which_of_both_is_the_slower():
    logarithms = [0.1, 0.4, -0.2, 0.3, 0.0, 0.9]
    there, back = ratio_interval(logarithms), ratio_interval([-value for value in logarithms])
    assert (back.low, back.ratio, back.high) == pytest.approx(
        (1 / there.high, 1 / there.ratio, 1 / there.low)
    )


def test_its_width_is_to_each_side():
    interval = Interval(ratio=1.0, low=math.exp(-0.03), high=math.exp(0.03), count=9)
    assert interval.width == pytest.approx(0.03)


def quiet(drawn):
    return drawn.gauss(0, 0.02)


def disturbed(drawn):
    """One pair in seven meets something else that the machine does."""
    return drawn.gauss(0, 0.02) + (drawn.gauss(0, 0.5) if drawn.random() < 1 / 7 else 0)


@pytest.mark.parametrize("count", [4, 8, 16, 50])
@pytest.mark.parametrize("pair", [quiet, disturbed])
def test_nineteen_times_in_twenty_the_true_ratio_lies_in_it(pair, count):
    drawn = random.Random(7)
    intervals = [ratio_interval([pair(drawn) for _ in range(count)]) for _ in range(2_000)]
    held = sum(interval.low <= 1 <= interval.high for interval in intervals) / len(intervals)
    # 2,000 of them settle the share to 1 %; outliers in few pairs widen it more than they move it.
    assert held == pytest.approx(0.95, abs=0.015) or (pair is disturbed and held > 0.95)


def test_a_machine_that_disturbs_some_pairs_costs_little_certainty():
    drawn = random.Random(7)
    widths = {
        pair: sum(ratio_interval([pair(drawn) for _ in range(40)]).width for _ in range(200))
        for pair in (quiet, disturbed)
    }
    assert widths[disturbed] < 1.6 * widths[quiet]


def test_what_only_the_submission_spreads_is_not_to_its_benefit():
    wide = Interval(ratio=4.0, low=1.0, high=16.0, count=8)
    steady = wide.without_own_spread([1.0] * 8)
    assert steady.low == pytest.approx(4 * math.exp(-0.05))
    assert (steady.ratio, steady.high) == (4.0, 16.0)
    busy = wide.without_own_spread([1.0, 3.0] * 4)
    assert 1.0 <= busy.low < steady.low
    assert wide.without_own_spread([1.0, 99.0] * 4).low == pytest.approx(4 * math.exp(-0.25))
    narrow = Interval(ratio=4.0, low=3.99, high=4.01, count=8)
    assert narrow.without_own_spread([1.0] * 8) == narrow
