"""The one record of a graded submission, complete even when everything went wrong.

Every page, export and gradebook is made from it. ``for_audience`` is the only way by which a record
reaches a student: it takes out what hidden tests must not tell.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from torchgrade.exhibits import Exhibit
from torchgrade.submission import Student

__all__ = [
    "BUDGET_PREFIX",
    "AssignmentInfo",
    "Audience",
    "BudgetFigures",
    "BudgetVerdict",
    "CapturedText",
    "Cause",
    "Note",
    "NoteKind",
    "Outcome",
    "Provenance",
    "Result",
    "TestOutcome",
    "decode_result",
    "encode_result",
    "for_audience",
]

SCHEMA = 1
BUDGET_PREFIX = "budget_"
"""How the id of a budget begins among a result's tests; that of a test function begins with ``test``."""


class Outcome(enum.StrEnum):
    """The verdict on one test.

    Only ``passed`` earns all points, ``over budget`` perhaps some. What was not measured, because this
    machine cannot, has none to be had: it is out of the total.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    NOT_IMPLEMENTED = "not implemented"
    INTERNAL_ERROR = "internal error"
    NOT_RUN = "not run"
    OVER_BUDGET = "over budget"
    NOT_MEASURED = "not measured"


class Audience(enum.StrEnum):
    """Who reads a page or an export."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"


class NoteKind(enum.StrEnum):
    """Where a note comes from."""

    LOAD = "load"
    CONTRACT = "contract"
    RULE = "rule"
    RUN = "run"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell the student that is no test's verdict."""

    kind: NoteKind
    text: str
    hook: str = ""
    file: str = ""
    line: int = 0


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The likely mistake: the mutant whose answers the student's are."""

    mutant: str
    hint: str


class BudgetVerdict(enum.StrEnum):
    """Where a measured ratio lies, seen from the limit for full marks."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDECIDED = "undecided"
    IMPLAUSIBLE = "implausible"


class BudgetFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured for a budget.

    Attributes:
        measures: ``"time"`` (figures in seconds) or ``"memory"`` (in bytes).
        ratio: of the submission's figure to that of what it is compared with.
        low, high: the 95 % interval in which the ratio lies.
        full_marks, zero_marks: up to which ratio all points are given, and from which none.
        pairs: how many pairs of runs.
        submission, compared: median figures of both.
        with_yardstick: whether it was compared with a public yardstick: the ratio then is an estimate.
    """

    measures: str
    verdict: BudgetVerdict
    ratio: float
    low: float
    high: float
    full_marks: float
    zero_marks: float
    pairs: int
    submission: float
    compared: float
    with_yardstick: bool = False


class TestOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one test, or of one budget.

    Attributes:
        id: stable name of the test function, such as ``test_affine_backward_agrees``.
        number: position in the assignment, from 1.
        title: the sentence that the test checks.
        hooks: the contract's functions that the test called.
        points: earned; ``max_points``: to be had. Exact.
        student_message: safe for a student: no hidden value.
        instructor_message: with values, case and seed.
        cause: the likely mistake, if a mutant gives it away.
        wall_seconds: time of the student's calls in this test.
        error_in_tolerances: worst error as a multiple of the tolerance; None where nothing numeric
            was compared. A wrong shape or a NaN counts as the largest float: JSON knows no infinity.
        budget: what was measured, if it is a budget and anything was.
        exhibits: pictures of what the student's code made.
    """

    __test__ = False

    id: str
    number: int
    title: str
    outcome: Outcome
    points: Fraction
    max_points: Fraction
    hooks: tuple[str, ...] = ()
    student_message: str = ""
    instructor_message: str = ""
    cause: Cause | None = None
    wall_seconds: float = 0.0
    error_in_tolerances: float | None = None
    budget: BudgetFigures | None = None
    exhibits: tuple[Exhibit, ...] = ()

    @property
    def is_budget(self) -> bool:
        """Whether this is a budget, measured or not, and no test."""
        return self.id.startswith(BUDGET_PREFIX)


class CapturedText(msgspec.Struct, frozen=True, kw_only=True):
    """Output of the student's code: sanitised, and cut at a limit."""

    text: str = ""
    truncated: bool = False


class AssignmentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a result says of its assignment."""

    id: str
    title: str


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """How a result came about.

    Attributes:
        seed: the batch's secret seed in hex; instructors only.
        sandbox: level under which the student's code ran; ``"none"`` if it never ran.
        started_at: ISO 8601, UTC.
        phase_seconds: wall time of load, rules, import, tests, end, student_calls,
            reference_calls, budgets, total, and of waiting while others measured theirs (lane).
    """

    engine_version: str
    python: str
    packages: Mapping[str, str]
    platform: str
    cpu_count: int
    sandbox: str
    seed: str
    submission_sha256: str
    assignment_sha256: str
    reference_sha256: str
    started_at: str
    phase_seconds: Mapping[str, float]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """All outcomes of one submission.

    Attributes:
        failure: why nothing could be run at all (unreadable zip, syntax error, endless import);
            empty otherwise. The tests are listed all the same, each without points.
    """

    submission_id: str
    students: tuple[Student, ...]
    assignment: AssignmentInfo
    tests: tuple[TestOutcome, ...]
    provenance: Provenance
    failure: str = ""
    notes: tuple[Note, ...] = ()
    stdout: CapturedText = CapturedText()
    stderr: CapturedText = CapturedText()
    schema: int = SCHEMA

    @property
    def score(self) -> Fraction:
        """Points earned."""
        return sum((test.points for test in self.tests), Fraction(0))

    @property
    def max_score(self) -> Fraction:
        """Points to be had: fixed by the assignment, but for what this machine cannot measure."""
        return sum((test.max_points for test in self.tests), Fraction(0))

    @property
    def passed(self) -> bool:
        """Whether every test passed, and every budget that was measured."""
        fine = (Outcome.PASSED, Outcome.NOT_MEASURED)
        return not self.failure and all(test.outcome in fine for test in self.tests)

    @property
    def needs_regrade(self) -> bool:
        """Whether the grader itself failed on some test: the score then is not final."""
        return any(test.outcome is Outcome.INTERNAL_ERROR for test in self.tests)


def for_audience(result: Result, audience: Audience) -> Result:
    """Return the record as ``audience`` may see it: a student sees no hidden value and no seed."""
    if audience is Audience.INSTRUCTOR:
        return result
    tests = tuple(
        msgspec.structs.replace(
            test,
            instructor_message="",
            cause=None if test.cause is None else Cause(mutant="", hint=test.cause.hint),
            error_in_tolerances=None,
        )
        for test in result.tests
    )
    provenance = msgspec.structs.replace(result.provenance, seed="", reference_sha256="")
    return msgspec.structs.replace(result, tests=tests, provenance=provenance)


def _encode_fraction(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def _decode_fraction(kind: type, value: object) -> Any:
    if kind is Fraction and isinstance(value, str):
        return Fraction(value)
    raise NotImplementedError(f"cannot decode {kind.__name__}")


_ENCODER = msgspec.json.Encoder(enc_hook=_encode_fraction)
_DECODER = msgspec.json.Decoder(Result, dec_hook=_decode_fraction)


def encode_result(result: Result) -> bytes:
    """Return the record as JSON; points are strings such as ``"25/2"``."""
    return _ENCODER.encode(result)


def decode_result(data: bytes) -> Result:
    """Read what ``encode_result`` wrote.

    Raises:
        msgspec.ValidationError: if the data is no such record.
    """
    return _DECODER.decode(data)
