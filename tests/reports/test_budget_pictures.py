"""The pictures of budgets: where ratios lie, and what they say."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torchgrade.results import BudgetVerdict, Outcome
from torchgrade_reports.budget_axis import Axis, anchor_at
from torchgrade_reports.budget_picture import DOT_BASE, DOT_TOP, picture, strips

limits = st.tuples(st.floats(0.01, 100), st.floats(1.01, 1000)).map(lambda pair: (pair[0], math.prod(pair)))
ratios = st.floats(1e-12, 1e12)


def axis_of(pair=(3.0, 12.0)):
    return Axis(full_marks=pair[0], zero_marks=pair[1])


@pytest.fixture
def strip_of(factory):
    """Make the strip of one budget from its outcomes, one a submission."""

    def strip_of(*budgets):
        results = [factory.make_result(f"s{number}", tests=(one,)) for number, one in enumerate(budgets)]
        (strip,) = strips(results, lambda result: result.submission_id)
        return strip

    return strip_of


@given(limits, ratios, ratios)
def test_a_larger_ratio_never_lies_further_left_and_all_lie_on_the_picture(pair, one, other):
    axis = axis_of(pair)
    low, high = sorted((one, other))
    assert 0 < axis.place(low) <= axis.place(high) < 100


@given(limits)
def test_the_reference_and_both_limits_lie_within_the_axis(pair):
    axis = axis_of(pair)
    view = axis.view("reference")
    assert 3 < view.full < view.zero < 97
    assert 3 < view.reference < 97
    assert [axis.beyond(ratio) for ratio in (1.0, *pair)] == ["", "", ""]
    assert view.full + view.fall == pytest.approx(view.zero, abs=0.011)
    assert (view.full < view.reference) == (axis.place(pair[0]) < axis.place(1.0))


def test_the_axis_is_logarithmic():
    axis = axis_of((2.0, 8.0))
    places = [axis.place(ratio) for ratio in (1.0, 2.0, 4.0, 8.0)]
    steps = [after - before for before, after in itertools.pairwise(places)]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.02)


def test_what_is_beyond_the_axis_lies_at_its_end():
    axis = axis_of()
    assert (axis.place(1e-9), axis.beyond(1e-9)) == (3.0, "left")
    assert (axis.place(0.0), axis.beyond(0.0)) == (3.0, "left")
    assert (axis.place(1e9), axis.beyond(1e9)) == (97.0, "right")


@pytest.mark.parametrize(
    "pair, names, anchors",
    [
        ((3.0, 12.0), ["all points", "some", "none"], ("middle", "middle")),
        ((1.1, 1.3), ["all points", "none"], ("end", "start")),
        ((3.0, 3e6), ["some"], ("middle", "middle")),
    ],
)
def test_names_stand_where_there_is_room_for_them(pair, names, anchors):
    view = axis_of(pair).view("reference")
    assert [zone.label for zone in view.zones] == names
    assert (view.full_anchor, view.zero_anchor) == anchors


def test_a_label_near_an_end_goes_towards_the_middle():
    assert [anchor_at(place) for place in (3.0, 50.0, 97.0)] == ["start", "middle", "end"]


def test_a_picture_says_what_it_shows(factory):
    shown = picture(factory.make_figures(6.0))
    assert shown.title == "6 × the reference's time"
    assert shown.label == "yours: 6 × (18.6 ms)"
    assert shown.axis.reference_label == "reference: 1 × (3.1 ms)"
    assert shown.description == (
        "A logarithmic axis. The ratio, 6 ×, is over the limit for all points;"
        " its 95 % interval goes from 5.77 × to 6.24 ×."
        " All points are given up to 3 ×, none from 12 ×, and fewer and fewer in between."
    )
    assert shown.axis.full < shown.low < shown.place < shown.high < shown.axis.zero


@pytest.mark.parametrize("verdict", BudgetVerdict)
def test_each_verdict_has_its_words(factory, verdict):
    others = set(BudgetVerdict) - {verdict}
    words = {kind: picture(factory.make_figures(verdict=kind)).description for kind in BudgetVerdict}
    assert words[verdict] not in {words[other] for other in others}


@pytest.mark.parametrize(
    "ratio, interval, beyond, ends",
    [
        (2.0, (1.9, 2.1), "", ("cap", "cap")),
        (20.0, (10.0, 40.0), "", ("cap", "arrow")),
        (0.6, (0.1, 0.7), "", ("arrow", "cap")),
        (90.0, (80.0, 99.0), "right", ("", "")),
        (90.0, (10.0, 99.0), "right", ("cap", "")),
        (0.1, (0.01, 0.2), "left", ("", "")),
        (30.0, (0.01, 90.0), "right", ("arrow", "")),
    ],
)
def test_an_end_that_is_off_the_axis_is_no_end(factory, ratio, interval, beyond, ends):
    low, high = interval
    shown = picture(factory.make_figures(ratio, low=low, high=high))
    assert (shown.beyond, (shown.low_end, shown.high_end)) == (beyond, ends)


def test_an_estimate_does_not_give_the_yardstick_s_figure_for_the_reference_s(factory):
    shown = picture(factory.make_figures(2.0, with_yardstick=True))
    assert shown.estimate
    assert shown.axis.reference_label == "reference: 1 ×"
    assert shown.label.startswith("yours: about 2 ×")
    assert "an estimate, made with a yardstick" in shown.description


def test_memory_is_told_in_bytes(factory):
    figures = factory.make_figures(2.0, measures="memory", submission=3 * 2**20, compared=1.5 * 2**20)
    shown = picture(figures)
    assert shown.title == "2 × the reference's memory"
    assert (shown.label, shown.axis.reference_label) == (
        "yours: 2 × (3 MiB)",
        "reference: 1 × (1.5 MiB)",
    )


def test_a_class_is_counted_by_what_became_of_each(strip_of, factory):
    over = factory.make_budget(1, Outcome.OVER_BUDGET)
    unlikely = factory.make_figures(0.001, verdict=BudgetVerdict.IMPLAUSIBLE)
    strip = strip_of(
        factory.make_budget(1),
        factory.make_budget(1),
        over,
        factory.make_budget(1, Outcome.OVER_BUDGET, points=Fraction(0)),
        factory.make_budget(1, Outcome.OVER_BUDGET, points=Fraction(0), budget=None),
        factory.make_budget(1, Outcome.FAILED, budget=unlikely),
        *(
            factory.make_budget(1, outcome)
            for outcome in Outcome
            if outcome not in {Outcome.PASSED, Outcome.OVER_BUDGET}
        ),
    )
    assert strip.counts == (
        "2 with all points",
        "1 with some points",
        "1 without points",
        "1 not to be believed",
        "1 stopped as too slow",
        "5 without a right answer",
        "1 not run",
        "1 to be regraded",
        "1 not measured",
        "median 1.42 ×",
        "the reference: 3.1 ms",
    )
    assert len(strip.dots) == 5
    assert strip.description.startswith("2 with all points; 1 with some points; ")


def test_dots_of_a_column_are_stacked_and_stay_on_the_picture(strip_of, factory):
    for number in (3, 200):
        strip = strip_of(
            *(factory.make_budget(1, budget=factory.make_figures(1.5)) for _ in range(number)),
            factory.make_budget(1, budget=factory.make_figures(9.0)),
        )
        heights = [dot.height for dot in strip.dots[:-1]]
        assert len(set(heights)) == number
        assert DOT_TOP <= min(heights) <= max(heights) == strip.dots[-1].height < DOT_BASE


def test_a_dot_says_whose_it_is_and_one_beyond_the_axis_where_it_is(strip_of, factory):
    strip = strip_of(
        factory.make_budget(1, budget=factory.make_figures(500.0)),
        factory.make_budget(1, budget=factory.make_figures(2.0)),
    )
    assert [(dot.title, dot.beyond) for dot in strip.dots] == [
        ("s1: 2 × (6.2 ms)", ""),
        ("s0: 500 × (1.55 s)", "right"),
    ]


def test_a_budget_that_nobody_has_a_figure_of_has_counts_and_no_picture(strip_of, factory):
    strip = strip_of(factory.make_budget(1, Outcome.NOT_MEASURED))
    assert (strip.axis, strip.dots, strip.counts) == (None, (), ("1 not measured",))


def test_budgets_follow_the_assignment_s_order_and_tests_are_none(factory):
    tests = (factory.make_budget(9), factory.make_test(1), factory.make_budget(7))
    found = strips([factory.make_result(tests=tests)], lambda result: result.submission_id)
    assert [strip.number for strip in found] == [7, 9]
