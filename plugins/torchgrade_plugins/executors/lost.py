"""The result of a submission that no grading process came back from: never the student's zero."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from fractions import Fraction

from torchgrade import __version__
from torchgrade.content import Assignment, Reference
from torchgrade.grading.jobs import GradingSetup, Job, Ready
from torchgrade.results import AssignmentInfo, Outcome, Provenance, Result, TestOutcome

__all__ = ["lost_result"]

_FAILURE = "the grader failed on this submission, again when it was tried once more; it will be graded anew"


def lost_result(
    job: Job,
    *,
    ready: Ready,
    setup: GradingSetup,
    assignment: Assignment,
    reference: Reference | None,
    reasons: Sequence[str],
) -> Result:
    """Return a result whose tests all are internal errors.

    Args:
        job: the submission.
        ready: what the grading process said of its tests.
        setup: of the batch.
        assignment: as loaded by the batch.
        reference: None where public tests are run.
        reasons: what became of the process at each try, for the instructor.
    """
    tried = "; ".join(f"try {number}: the grading process {why}" for number, why in enumerate(reasons, 1))
    return Result(
        submission_id=job.submission_id,
        students=job.students,
        assignment=AssignmentInfo(id=assignment.id, title=assignment.manifest.title),
        tests=tuple(
            TestOutcome(
                id=test.id,
                number=test.number,
                title=test.title,
                outcome=Outcome.INTERNAL_ERROR,
                points=Fraction(0),
                max_points=Fraction(test.max_points),
                student_message="the grader failed here, not your code; this will be graded anew",
                instructor_message=tried,
            )
            for test in ready.tests
        ),
        provenance=Provenance(
            engine_version=__version__,
            python=platform.python_version(),
            packages={},
            platform=platform.platform(),
            cpu_count=os.cpu_count() or 1,
            sandbox=ready.sandbox,
            seed=setup.seed,
            submission_sha256="",
            assignment_sha256=assignment.sha256,
            reference_sha256="" if reference is None else reference.sha256,
            started_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            phase_seconds={},
        ),
        failure=_FAILURE,
    )
