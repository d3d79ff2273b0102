"""JUnit XML as pytest writes it (family ``xunit2``), for GitLab, Jenkins, Artemis and the like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from torchgrade.results import Audience, CapturedText, Outcome, Result, TestOutcome, for_audience
from torchgrade_plugins.exporters.crosswalk import CROSSWALK, explain, overall
from torchgrade_reports.text import clean, clip, first_line
from torchgrade_reports.wording import decimal, state_of

__all__ = ["Junit"]

_MESSAGE_CHARACTERS = 300
# What the runner of a CI job obeys in its log. Neither can stand but in texts and values.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#)", re.MULTILINE)


class Junit:
    """Writes one suite for one submission.

    A test case is named by the test's id, which does not change when a title is reworded. The format
    has no place for points: they stand in the suite's properties, as ``points.<id>`` and
    ``max_points.<id>`` with titles beside them. A submission that could not be run has one case more,
    ``submission``, with an error: skipped tests alone would count as a success.

    A budget that was not kept is a failure whose message tells the points that it earned all the same;
    its figures stand in the properties ``ratio.<id>``, ``ratio_low.<id>`` and ``ratio_high.<id>``.
    """

    file_suffix: str = ".xml"

    def export(self, result: Result, audience: Audience) -> str:
        """Return the document."""
        result = for_audience(result, audience)
        cases = [_case(result, test, audience) for test in result.tests]
        if result.failure:
            cases.append(_ungradable(result))
        children = Counter(child.tag for case in cases for child in case)
        suites = ET.Element("testsuites", name="torchgrade")
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=_line(result.assignment.id),
            tests=str(len(cases)),
            failures=str(children["failure"]),
            errors=str(children["error"]),
            skipped=str(children["skipped"]),
            time=_time(result.provenance.phase_seconds.get("total", 0.0)),
            timestamp=_line(result.provenance.started_at),
        )
        properties = ET.SubElement(suite, "properties")
        for name, value in _properties(result):
            ET.SubElement(properties, "property", name=_line(name), value=_line(value))
        suite.extend(cases)
        _append_output(suite, "system-out", overall(result), result.stdout)
        _append_output(suite, "system-err", "", result.stderr)
        ET.indent(suites)
        text = ET.tostring(suites, encoding="unicode", xml_declaration=False)
        return _COMMAND.sub(_refer, text).join(('<?xml version="1.0" encoding="utf-8"?>\n', "\n"))


def _case(result: Result, test: TestOutcome, audience: Audience) -> ET.Element:
    case = ET.Element(
        "testcase", classname=_line(result.assignment.id), name=_line(test.id), time=_time(test.wall_seconds)
    )
    verdict = CROSSWALK[test.outcome]
    if verdict.junit:
        text = explain(test, audience)
        child = ET.SubElement(case, verdict.junit, type=verdict.junit_type, message=_message(test, text))
        child.text = text
    return case


def _message(test: TestOutcome, text: str) -> str:
    reason = first_line(text) or str(test.outcome)
    if test.outcome is Outcome.OVER_BUDGET:
        reason = f"{decimal(test.points, 4)} of {decimal(test.max_points, 4)} points: {reason}"
    return clip(f"{_line(test.title)}: {reason}", _MESSAGE_CHARACTERS)


def _ungradable(result: Result) -> ET.Element:
    case = ET.Element("testcase", classname=_line(result.assignment.id), name="submission", time=_time(0.0))
    failure = clean(result.failure)
    message = clip(first_line(failure), _MESSAGE_CHARACTERS)
    ET.SubElement(case, "error", type="not gradable", message=message).text = failure
    return case


def _properties(result: Result) -> Iterator[tuple[str, str]]:
    yield "submission", result.submission_id
    yield "points", decimal(result.score, 4)
    yield "max_points", decimal(result.max_score, 4)
    yield "state", state_of(result)
    yield "needs_regrade", str(result.needs_regrade).lower()
    yield "sandbox", result.provenance.sandbox
    yield "engine_version", result.provenance.engine_version
    for test in result.tests:
        yield f"title.{test.id}", test.title
        yield f"points.{test.id}", decimal(test.points, 4)
        yield f"max_points.{test.id}", decimal(test.max_points, 4)
        if test.budget is not None:
            yield f"ratio.{test.id}", f"{test.budget.ratio:.6g}"
            yield f"ratio_low.{test.id}", f"{test.budget.low:.6g}"
            yield f"ratio_high.{test.id}", f"{test.budget.high:.6g}"


def _append_output(suite: ET.Element, tag: str, before: str, output: CapturedText) -> None:
    cut = "(the output was longer; the rest was not kept)" if output.truncated else ""
    text = "\n\n".join(part for part in (before, clean(output.text), cut) if part)
    if text:
        ET.SubElement(suite, tag).text = text


def _refer(match: re.Match[str]) -> str:
    return "&#35;" if match[1] is None else f"{match[1]}&#58;"


def _line(text: str) -> str:
    """Return ``text`` on one line: an attribute has no others."""
    return re.sub(r"\s+", " ", clean(text)).strip()


def _time(seconds: float) -> str:
    return f"{max(seconds, 0.0):.3f}"
