"""JUnit XML, read back."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import msgspec
import pytest

from torchgrade.results import Audience, Outcome
from torchgrade_plugins.exporters.junit import Junit
from torchgrade_reports.text import clean

# Required and allowed attributes and children, as pytest's schema has them; <error> as pytest writes it.
SHAPE = {
    "testsuites": (set(), {"name"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"skipped", "time", "timestamp", "hostname"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"classname", "time"}, {"failure", "error", "skipped"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
    "system-err": (set(), set(), set()),
}
TIME = re.compile(r"[0-9]*\.[0-9]{3}")


@pytest.fixture
def export():
    def export(result, audience=Audience.STUDENT):
        text = Junit().export(result, audience)
        assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuites')
        return ET.fromstring(text.encode("utf-8"))

    return export


def properties(suites):
    return {entry.get("name"): entry.get("value") for entry in suites.iter("property")}


@pytest.mark.parametrize("kind", ["every_outcome", "hostile", "unreadable", "make_result"])
@pytest.mark.parametrize("audience", Audience)
def test_the_document_has_the_shape_of_the_schema(export, factory, kind, audience):
    suites = export(getattr(factory, kind)(), audience)
    for element in suites.iter():
        required, optional, children = SHAPE[element.tag]
        assert required <= set(element.attrib) <= required | optional
        assert {child.tag for child in element} <= children
        if "time" in element.attrib:
            assert TIME.fullmatch(element.get("time"))
    (suite,) = suites
    assert suite[0].tag == "properties"
    assert int(suite.get("tests")) == len(suite.findall("testcase"))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(attribute)) == len(suite.findall(f"testcase/{tag}"))


def test_each_outcome_is_said_in_the_format_s_words(export, factory):
    verdicts = [
        [(child.tag, child.get("type")) for child in case]
        for case in export(factory.every_outcome()).iter("testcase")
    ]
    assert dict(zip(Outcome, verdicts, strict=True)) == {
        Outcome.PASSED: [],
        Outcome.FAILED: [("failure", "failed")],
        Outcome.ERROR: [("failure", "error")],
        Outcome.TIMEOUT: [("failure", "timeout")],
        Outcome.MEMORY: [("error", "oom")],
        Outcome.NOT_IMPLEMENTED: [("failure", "not implemented")],
        Outcome.INTERNAL_ERROR: [("error", "internal error")],
        Outcome.NOT_RUN: [("skipped", "not run")],
        Outcome.OVER_BUDGET: [("failure", "over budget")],
        Outcome.NOT_MEASURED: [("skipped", "not measured")],
    }


def test_a_case_is_named_by_what_does_not_change(export, factory):
    case = next(export(factory.make_result()).iter("testcase"))
    assert case.attrib == {"classname": "backprop", "name": "test_01", "time": "0.012"}


def test_a_failure_says_why_in_its_message_and_in_full_below(export, factory):
    failure = export(factory.make_result()).find(".//failure")
    assert failure.get("message") == (
        "layer 2: gradients agree: Likely mistake: your `db` sums over the wrong axis"
    )
    assert failure.text.endswith("failed on the case with x of three axes")


def test_a_budget_that_was_not_kept_tells_its_points_and_its_ratio(export, factory):
    over = factory.make_budget(
        1,
        Outcome.OVER_BUDGET,
        points=Fraction(5, 2),
        student_message="your `f` takes 6 times as long\nsay it whole",
    )
    suites = export(factory.make_result(tests=(over, factory.make_budget(2, Outcome.NOT_MEASURED))))
    message = suites.find(".//failure").get("message")
    assert message == "time of step 1: 2.5 of 8 points: your `f` takes 6 times as long"
    named = properties(suites)
    assert (named["points"], named["max_points"]) == ("2.5", "8")
    assert (named["ratio.budget_01"], named["ratio_low.budget_01"]) == ("6", "5.76923")
    assert named["state"] == "over budget"
    assert "ratio.budget_02" not in named


def test_a_fault_of_the_grader_says_so(export, factory):
    error = export(factory.every_outcome()).find(".//error[@type='internal error']")
    assert "not your fault" in error.text


def test_points_stand_in_the_properties_of_the_suite(export, factory):
    tests = (
        factory.make_test(1, max_points=Fraction(25, 3)),
        factory.make_test(2, Outcome.FAILED, points=Fraction(1, 2)),
    )
    named = properties(export(factory.make_result(tests=tests)))
    assert named["points"] == "8.8333"
    assert named["max_points"] == "18.3333"
    assert (named["points.test_01"], named["max_points.test_01"]) == ("8.3333", "8.3333")
    assert (named["points.test_02"], named["max_points.test_02"]) == ("0.5", "10")
    assert named["title.test_02"] == "layer 2: gradients agree"
    assert named["needs_regrade"] == "false"


def test_a_submission_that_could_not_be_run_is_an_error_not_a_success(export, factory):
    suites = export(factory.unreadable(failure="the zip is cut short\nsend it again"))
    (suite,) = suites
    assert (suite.get("tests"), suite.get("errors"), suite.get("skipped")) == ("3", "1", "2")
    error = suite.find("testcase[@name='submission']/error")
    assert error.get("type") == "not gradable"
    assert error.get("message") == "the zip is cut short"
    assert error.text == "the zip is cut short\nsend it again"


def test_output_is_kept_with_a_note_where_it_was_cut(export, factory):
    suites = export(factory.every_outcome())
    assert suites.find("testsuite/system-out").text.endswith(
        "epoch 1\n\n\n(the output was longer; the rest was not kept)"
    )
    assert suites.find("testsuite/system-err").text == "RuntimeWarning: overflow\n"
    assert export(factory.make_result()).find("testsuite/system-out") is None


def test_hostile_text_comes_back_as_it_was_but_for_control_characters(export, factory):
    suites = export(msgspec.structs.replace(factory.hostile(), failure=""))
    shown = clean(factory.HOSTILE)
    assert shown in suites.find(".//failure").text
    assert shown in suites.find("testsuite/system-out").text
    assert properties(suites)["submission"] == " ".join(shown.split())
