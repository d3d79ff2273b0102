"""Gradescope's ``results.json``.

Fields as in https://github.com/gradescope/autograder_samples/blob/master/docs/specs.md.
"""

from __future__ import annotations

from typing import Any

import msgspec

from torchgrade.results import Audience, CapturedText, Result, TestOutcome, for_audience
from torchgrade_plugins.exporters.crosswalk import CROSSWALK, explain, number, overall
from torchgrade_reports.text import clean

__all__ = ["Gradescope"]

_EXTRA_SCHEMA = 1


class Gradescope:
    """Writes ``results.json``; the same for either audience.

    There is one file for students and instructors, and no field of it is surely the instructor's:
    the platform hands the whole file to the next submission's grading container, where student code
    runs. So it holds what a student may know, whoever asks. Every test is ``visible``: its text is
    redacted already, and one hidden test would hide the total from students.

    A test on which the grader failed is "failed", the only word that the format has, with a text
    that says whose fault it is; a test that was not run has neither status nor score, nor has a budget
    that was not measured. The total is given at the top and does not depend on either. A budget that
    was not kept is "failed" with the points that it earned all the same; its figures are in ``extra_data``.
    """

    file_suffix: str = ".json"

    def export(self, result: Result, audience: Audience) -> str:  # noqa: ARG002 - see the class
        """Return the text of ``results.json``."""
        result = for_audience(result, Audience.STUDENT)
        provenance = result.provenance
        document: dict[str, Any] = {
            "score": number(result.score),
            "output": "\n\n".join(
                part
                for part in (
                    overall(result),
                    _captured("Your code printed:", result.stdout),
                    _captured("Your code printed as errors and warnings:", result.stderr),
                )
                if part
            ),
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [_test(test) for test in result.tests],
            "extra_data": {
                "grader": "torchgrade",
                "schema": _EXTRA_SCHEMA,
                "engine_version": provenance.engine_version,
                "assignment": clean(result.assignment.id),
                "max_score": number(result.max_score),
                "needs_regrade": result.needs_regrade,
                "sandbox": provenance.sandbox,
                "started_at": provenance.started_at,
                "submission_sha256": provenance.submission_sha256,
            },
        }
        if "total" in provenance.phase_seconds:
            document["execution_time"] = round(provenance.phase_seconds["total"], 3)
        text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
        # In the log of a CI job "##[" and "##vso[" are commands; in JSON they can stand in strings alone.
        return text.replace("##", r"#\u0023")


def _test(test: TestOutcome) -> dict[str, Any]:
    status = CROSSWALK[test.outcome].gradescope
    judged = {
        "score": number(test.points),
        "max_score": number(test.max_points),
        "status": status,
    }
    return {
        "number": str(test.number),
        "name": clean(test.title),
        **(judged if status else {}),
        "output": explain(test, Audience.STUDENT),
        "output_format": "text",
        "visibility": "visible",
        "extra_data": {
            "id": clean(test.id),
            "outcome": str(test.outcome),
            "wall_seconds": round(test.wall_seconds, 6),
            **({} if test.budget is None else {"budget": msgspec.to_builtins(test.budget)}),
        },
    }


def _captured(title: str, output: CapturedText) -> str:
    text = clean(output.text).strip("\n")
    if not text:
        return ""
    return f"{title}\n{text}" + (
        "\n(the output was longer; the rest was not kept)" if output.truncated else ""
    )
