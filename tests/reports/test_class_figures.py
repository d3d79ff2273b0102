"""The figures of the class page."""

from __future__ import annotations

from fractions import Fraction

import pytest

from torchgrade.results import BudgetVerdict, Cause, Outcome
from torchgrade_reports.chart import BASE, WIDTH, describe, histogram
from torchgrade_reports.class_page import Links, class_page


@pytest.fixture
def page_of():
    def page_of(*results):
        links = {
            result.submission_id: Links(
                student=f"s/{result.submission_id}", instructor=f"i/{result.submission_id}"
            )
            for result in results
        }
        return class_page(results, links)

    return page_of


@pytest.fixture
def scored(factory):
    def scored(identifier, points, outcome=Outcome.FAILED):
        test = factory.make_test(1, outcome, points=Fraction(points), max_points=Fraction(100))
        return factory.make_result(identifier, tests=(test,))

    return scored


def figures(page):
    return {fact.label: fact.value for fact in page.figures}


def test_mean_and_median_leave_out_what_is_to_be_regraded(page_of, scored):
    page = page_of(
        scored("a", 10), scored("b", 20), scored("c", 90), scored("d", 0, outcome=Outcome.INTERNAL_ERROR)
    )
    assert figures(page) == {
        "submissions": "4",
        "mean of 100": "40",
        "median of 100": "20",
        "all passed": "0",
        "could not be run": "0",
        "to be regraded": "1",
    }
    assert page.uncounted == "1 submission to be regraded is not counted in the figures above."
    assert sum(bar.number for bar in page.bars) == 3


def test_nothing_is_said_of_regrading_where_there_is_none(page_of, scored):
    assert page_of(scored("a", 10)).uncounted == ""


def test_bars_stand_on_the_axis_in_proportion():
    bars = histogram([0, 9, 10, 99, 100, 100, 100, 100])
    assert [bar.number for bar in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 4]
    assert all(bar.y + bar.height == pytest.approx(BASE) for bar in bars)
    assert bars[0].height == pytest.approx(bars[10].height / 2, abs=0.01)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH for bar in bars)
    assert describe(bars).split("; ")[-1] == "100 %: 4 submissions"
    assert describe(bars).split("; ")[1] == "10\N{EN DASH}19 %: 1 submission"


def test_without_a_final_score_there_is_no_drawing(page_of, scored):
    page = page_of(scored("a", 0, outcome=Outcome.INTERNAL_ERROR))
    assert (page.bars, page.chart_summary) == ((), "")


def test_a_test_s_rate_counts_those_on_which_it_was_run(page_of, scored):
    outcomes = [Outcome.PASSED, Outcome.PASSED, Outcome.ERROR, Outcome.NOT_RUN, Outcome.INTERNAL_ERROR]
    page = page_of(*(scored(f"s{index}", 0, outcome=outcome) for index, outcome in enumerate(outcomes)))
    (rate,) = page.rates
    assert (rate.passed, rate.failed, rate.not_run, rate.regraded) == (2, 1, 1, 1)
    assert rate.percent == 66
    assert (rate.passed_width, rate.failed_width) == (40, 20)


def test_a_test_that_ran_on_nobody_has_no_rate(page_of, factory):
    assert [rate.percent for rate in page_of(factory.unreadable()).rates] == [-1, -1]


def test_mistakes_are_counted_once_a_submission_most_common_first(page_of, factory):
    def failing(identifier, *hints):
        tests = (
            factory.make_test(number, Outcome.FAILED, cause=Cause(mutant=f"m-{hint}", hint=hint))
            for number, hint in enumerate(hints, start=1)
        )
        return factory.make_result(identifier, tests=tuple(tests))

    page = page_of(failing("a", "rare", "common", "common"), failing("b", "common"))
    assert [(mistake.hint, mistake.number, mistake.tests, mistake.mutants) for mistake in page.mistakes] == [
        ("common", 2, "1, 2, 3", "m-common"),
        ("rare", 1, "1", "m-rare"),
    ]


def test_what_an_instructor_should_look_at_is_grouped_most_urgent_first(page_of, factory):
    page = page_of(
        factory.every_outcome("everything"), factory.unreadable("broken"), factory.make_result("fine")
    )
    assert [(group.kind, group.unfolded, len(group.problems)) for group in page.groups] == [
        ("being regraded", True, 1),
        ("could not be run", True, 1),
        ("took too long", False, 1),
        ("out of memory", False, 1),
        ("raised an error", False, 1),
    ]
    assert page.groups[1].problems[0].link == "i/broken"
    assert page.groups[1].problems[0].detail == "the zip is cut short"
    assert page.groups[2].problems[0].detail.startswith("test 4: case seed 42")


def test_budgets_are_no_tests_and_an_unlikely_one_needs_a_look(page_of, factory):
    figures = factory.make_figures(0.001, verdict=BudgetVerdict.IMPLAUSIBLE)
    unlikely = factory.make_budget(2, Outcome.FAILED, budget=figures, instructor_message="")
    page = page_of(factory.make_result("a", tests=(factory.make_test(1), unlikely)))
    assert [rate.number for rate in page.rates] == [1]
    assert [budget.number for budget in page.budgets] == [2]
    (group,) = page.groups
    assert (group.kind, group.unfolded) == ("too little to be believed", True)
    assert group.problems[0].detail.startswith("budget 2: affine_backward: failed")


def test_what_was_not_measured_is_no_failure(page_of, factory):
    tests = (factory.make_budget(1, Outcome.NOT_MEASURED), factory.make_budget(2, Outcome.OVER_BUDGET))
    page = page_of(factory.make_result(tests=tests))
    assert (page.rows[0].failing, page.rows[0].tone) == (1, "over")


def test_rows_are_sorted_by_name_and_carry_keys_to_sort_by(page_of, factory):
    page = page_of(
        factory.make_result("zoe", students=()), factory.make_result("b"), factory.unreadable("broken")
    )
    assert [row.submission_id for row in page.rows] == ["b", "broken", "zoe"]
    assert [row.score_key for row in page.rows] == [10.0, 0.0, 10.0]
    assert page.rows[0].failing == 1
    assert page.states == ("could not be run", "some failed")


def test_provenance_lists_what_differs_within_a_batch(page_of, factory):
    older = factory.make_provenance(engine_version="0.0.9", sandbox="process")
    page = page_of(
        factory.make_result("a"), factory.make_result("b"), factory.make_result("c", provenance=older)
    )
    facts = {fact.label: fact.value for fact in page.facts}
    assert facts["torchgrade"] == "0.1.0, 0.0.9"
    assert facts["sandbox"] == "isolated (2), process (1)"
    assert facts["seed"] == f"seed-{factory.SECRET}"
