"""What all export formats keep to."""

from __future__ import annotations

import html

import pytest

from torchgrade.errors import UsageError
from torchgrade.plugin import Registry
from torchgrade.results import Audience, Outcome
from torchgrade_plugins.exporters import torchgrade_exporters
from torchgrade_plugins.exporters.crosswalk import CROSSWALK, compared, explain, number, overall

FORMATS = {"gradescope": ".json", "junit": ".xml", "github-summary": ".md"}


@pytest.fixture(scope="module")
def exporters():
    registry = Registry("export format")
    torchgrade_exporters(registry)
    return registry


def test_the_built_in_formats_are_registered(exporters):
    assert {name: exporter.file_suffix for name, exporter in exporters} == FORMATS
    with pytest.raises(UsageError, match="did you mean 'gradescope'"):
        exporters.get("gradscope")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", ["every_outcome", "hostile", "unreadable", "make_result"])
def test_a_student_s_export_holds_nothing_that_is_the_instructor_s(exporters, factory, name, kind):
    result = getattr(factory, kind)()
    assert any(factory.SECRET in text for text in factory.strings(result))
    text = html.unescape(exporters.get(name).export(result, Audience.STUDENT))
    assert factory.SECRET not in text
    assert "987654321" not in text


@pytest.mark.parametrize("name", ["junit", "github-summary"])
def test_an_instructor_s_export_tells_more(exporters, factory, name):
    text = html.unescape(exporters.get(name).export(factory.every_outcome(), Audience.INSTRUCTOR))
    assert "case seed 42" in text
    assert factory.SECRET in text


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", ["every_outcome", "hostile", "unreadable"])
def test_an_export_is_text_that_can_be_written(exporters, factory, name, kind):
    text = exporters.get(name).export(getattr(factory, kind)(), Audience.INSTRUCTOR)
    assert text.endswith("\n")
    assert text.encode("utf-8")
    assert not set(map(chr, [*range(9), 11, 12, *range(13, 32), 127])) & set(text)


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_is_the_same_each_time(exporters, factory, name):
    result = factory.every_outcome()
    texts = {exporters.get(name).export(result, Audience.STUDENT) for _ in range(3)}
    assert len(texts) == 1


def test_every_outcome_has_a_row_and_only_a_pass_is_a_pass():
    assert set(CROSSWALK) == set(Outcome)
    for outcome, verdict in CROSSWALK.items():
        passed = outcome is Outcome.PASSED
        assert (verdict.gradescope == "passed") is passed
        assert (verdict.junit == "") is passed
        assert bool(verdict.junit_type) is not passed
    unjudged = [outcome for outcome in Outcome if not CROSSWALK[outcome].gradescope]
    assert unjudged == [Outcome.NOT_RUN, Outcome.NOT_MEASURED]


def test_points_are_numbers_of_at_most_four_decimals(factory):
    third = factory.make_test(1).max_points / 3
    assert (number(third), number(third * 3), type(number(third * 3))) == (3.3333, 10, int)


def test_an_explanation_begins_with_the_verdict_and_the_likely_mistake(factory):
    failed = factory.make_test(1, Outcome.FAILED)
    assert explain(failed, Audience.STUDENT) == (
        "Likely mistake: your `db` sums over the wrong axis\n\n"
        "affine_backward: failed on the case with x of three axes"
    )
    assert explain(failed, Audience.INSTRUCTOR).endswith(f"got 3.5, expected 1.25 ({factory.SECRET})")
    assert explain(factory.make_test(1), Audience.STUDENT) == ""


def test_a_ratio_is_told_with_its_interval(factory):
    text = "2 × the reference (95 % interval 1.92 × to 2.08 ×)"
    assert compared(factory.make_figures(2.0)) == text
    assert compared(factory.make_figures(2.0, with_yardstick=True)) == f"about {text}"


def test_what_concerns_the_whole_submission_names_its_place(factory):
    text = overall(factory.every_outcome(failure="no file submission.py"))
    assert "not your fault" in text
    assert "no file submission.py" in text
    assert "Note (contract): a note about `contract` (submission.py, line 7, relu_backward)" in text
    assert overall(factory.make_result()) == ""
