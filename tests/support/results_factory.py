"""Results as the engine makes them, for the tests of what is made from results."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec

from torchgrade.exhibits import ImageGrid, ImageRow, Plot, Series
from torchgrade.results import (
    AssignmentInfo,
    BudgetFigures,
    BudgetVerdict,
    CapturedText,
    Cause,
    Note,
    NoteKind,
    Outcome,
    Provenance,
    Result,
    TestOutcome,
)
from torchgrade.submission import Student

SECRET = "SECRET-MARKER"
"""Stands in every field that only an instructor may read."""

HOSTILE = (
    "<script>alert(1)</script> \"'>&amp;"
    " <img src=x onerror=alert(1)> ]]> --> | `tick` *b* _i_ [l](javascript:x)"
    " \x1b[31mred\x1b[0m \x1b]0;title\x07 \x00\x08\x0b \x7f \x9b1m \u202egnp.exe\u2066 \ufffe\uffff"
    " @everyone #1 https://example.org www.example.org {{ 7 * 7 }} {% raw %} ${{ github.token }} $x^2$"
    "\r\n::error file=a.py::owned\r##[error]owned\n\n# heading\n</pre></details></style>\ud800\udfff"
)
"""What a student might put wherever a student's text is shown; it ends in lone surrogates."""

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    "\x1b[0m=1",
    "\u202e=1",
)
"""What a spreadsheet would run, some of it only once what hides it is taken away."""


HOSTILE_TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "closing-tags": "</pre></details></style></script></title></textarea><!-- --!> ]]> <![CDATA[",
    "attributes": "\" onmouseover=\"alert(1)\" ' onfocus='alert(1)' autofocus x=`y`",
    "entities": "&lt;b&gt; &#60;b&#62; &amp;lt; &nbsp &notit; &x;",
    "template": "{{ 7 * 7 }} {% raw %} ${{ github.token }} #{x} <%= x %> $(id) `id`",
    "markdown-table": "a | b | c\n|---|---|\n| \\| |",
    "markdown-block": "\n# heading\n\n```\ncode\n~~~\n> quote\n- list\n***\n[ref]: http://x",
    "markdown-inline": "*b* _i_ **b** ~~s~~ [l](javascript:x) ![i](http://x/y.png) <http://x> \\",
    "mentions": "@everyone @octocat #1 GH-1 octo/repo#1 :tada: https://example.org www.example.org $x^2$",
    "command": "::error file=a.py,line=1::owned",
    "command-below": "fine\n   ::stop-commands::token\n\t::add-mask::passed\r\n::set-output name=x::y",
    "command-old": "fine ##[error]owned ###[add-path]/tmp ##[set-env name=X]y",
    "command-elsewhere": "##vso[task.setvariable variable=x]y ##teamcity[buildStop comment='x']",
    "command-behind-colour": "\x1b[31m::error::owned \x1b[0m##\x1b[0m[error]",
    "section": "section_start:1700000000:x[collapsed=true]\r\x1b[0Kheader",
    "colours": "\x1b[31mred\x1b[0m \x1b[2J\x1b[1;1H\x1b[?1049h\x1b[6n \x9b2J",
    "titles": "\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b]52;c;eA==\x07\x1bP1$q\x1b\\\x1b]0;open",
    "overwriting": "failed\rpassed \x08\x08\x08\x7f\x0b\x0c\x00\x07",
    "directions": "\u202egnp.exe\u2066 \u202atest\u2069",
    "no-characters": "\ud800 \udfff \ufffe \uffff \ufeff \U0001ffff",
    "line-ends": "a\u2028b\u2029c\x85d\x1ce\x1df",
    "json": '"}],"score":100,"x":[{"\\u0000 \\',
    "separators": 'a,b;c\td"e"\n"f",\'g\'',
    "paths": "../../etc/passwd C:\\x \\\\host\\x file:///etc/passwd",
    **{f"formula-{number}": text for number, text in enumerate(FORMULAS)},
    "long": "x" * 200_000,
    "lines": "line\n" * 20_000,
    "blank": " \n" * 20_000,
}
"""One way to be obeyed, or to break what shows it, each."""


def make_provenance(**changes: Any) -> Provenance:
    values: dict[str, Any] = {
        "engine_version": "0.1.0",
        "python": "3.11.7",
        "packages": {"numpy": "2.1.3", "torch": "2.5.1"},
        "platform": "Linux-6.8.0-x86_64",
        "cpu_count": 8,
        "sandbox": "isolated",
        "seed": f"seed-{SECRET}",
        "submission_sha256": "5a" * 32,
        "assignment_sha256": "a5" * 32,
        "reference_sha256": f"reference-{SECRET}",
        "started_at": "2025-11-21T09:30:12.345678Z",
        "phase_seconds": {"load": 0.002, "import": 0.031, "tests": 0.21, "total": 0.262},
    }
    return Provenance(**{**values, **changes})


def make_test(number: int, outcome: Outcome = Outcome.PASSED, **changes: Any) -> TestOutcome:
    worth = changes.get("max_points", Fraction(10))
    values: dict[str, Any] = {
        "id": f"test_{number:02}",
        "number": number,
        "title": f"layer {number}: gradients agree",
        "outcome": outcome,
        "points": worth if outcome is Outcome.PASSED else Fraction(0),
        "max_points": worth,
        "hooks": ("affine_backward",),
        "wall_seconds": 0.0123,
    }
    if outcome is not Outcome.PASSED:
        values["student_message"] = f"affine_backward: {outcome} on the case with x of three axes"
        values["instructor_message"] = f"case seed 42, got 3.5, expected 1.25 ({SECRET})"
    if outcome is Outcome.FAILED:
        values["cause"] = Cause(mutant=f"mutant-{SECRET}", hint="your `db` sums over the wrong axis")
        values["error_in_tolerances"] = 987654321.0
    return TestOutcome(**{**values, **changes})


def make_figures(ratio: float = 2.0, **changes: Any) -> BudgetFigures:
    """Return what came of measuring a call that takes ``ratio`` times what the reference takes."""
    values: dict[str, Any] = {
        "measures": "time",
        "verdict": BudgetVerdict.INSIDE if ratio <= 3 else BudgetVerdict.OUTSIDE,
        "ratio": ratio,
        "low": ratio / 1.04,
        "high": ratio * 1.04,
        "full_marks": 3.0,
        "zero_marks": 12.0,
        "pairs": 9,
        "submission": 0.0031 * ratio,
        "compared": 0.0031,
    }
    return BudgetFigures(**{**values, **changes})


def make_budget(number: int, outcome: Outcome = Outcome.PASSED, **changes: Any) -> TestOutcome:
    """Return a budget that was kept, or what else became of it; with figures where some were measured."""
    ratio = {Outcome.PASSED: 1.42, Outcome.OVER_BUDGET: 6.0}.get(outcome)
    worth = changes.get("max_points", Fraction(0 if outcome is Outcome.NOT_MEASURED else 8))
    values: dict[str, Any] = {
        "id": f"budget_{number:02}",
        "title": f"time of step {number}",
        "max_points": worth,
        "wall_seconds": 0.0,
        "points": {Outcome.PASSED: worth, Outcome.OVER_BUDGET: worth / 2}.get(outcome, Fraction(0)),
        "budget": None if ratio is None else make_figures(ratio),
    }
    if outcome is Outcome.PASSED:
        values["student_message"] = "your `mlp_step` takes 1.42 times as long as the reference"
    return make_test(number, outcome, **{**values, **changes})


def _make(number: int, outcome: Outcome, **changes: Any) -> TestOutcome:
    only_budgets = (Outcome.OVER_BUDGET, Outcome.NOT_MEASURED)
    return (make_budget if outcome in only_budgets else make_test)(number, outcome, **changes)


def make_result(submission_id: str = "ada", **changes: Any) -> Result:
    values: dict[str, Any] = {
        "submission_id": submission_id,
        "students": (Student(id=f"{submission_id}-id", name="Ada Lovelace", email="ada@example.org"),),
        "assignment": AssignmentInfo(id="backprop", title="Backpropagation by hand"),
        "tests": (make_test(1), make_test(2, Outcome.FAILED)),
        "provenance": make_provenance(),
    }
    return Result(**{**values, **changes})


def exhibits(text: str = "what came of it") -> tuple[Plot | ImageGrid, ...]:
    """Return one exhibit of each kind, with ``text`` wherever it has words."""
    return (
        Plot(
            title=text,
            x_label=text,
            y_label=text,
            series=(
                Series(name=text, xs=(0.0, 1.0, 2.0), ys=(-1.0, 3.5, 2.0)),
                Series(name="b", xs=(), ys=()),
            ),
            joined=True,
            level=3.0,
            level_label=text,
        ),
        Plot(
            title=text,
            x_label="",
            y_label="",
            series=(Series(name=text, xs=(1e-9,), ys=(-1e30,)),),
            joined=False,
            equal=True,
        ),
        ImageGrid(
            title=text, width=2, height=2, rows=(ImageRow(label=text, images=("0f80", "ffff", "0000")),)
        ),
    )


def every_outcome(submission_id: str = "everything", **changes: Any) -> Result:
    """Return a result in which each outcome occurs once and nothing is empty."""
    values: dict[str, Any] = {
        "tests": tuple(
            _make(number, outcome, exhibits=exhibits()) for number, outcome in enumerate(Outcome, start=1)
        ),
        "notes": tuple(
            Note(kind=kind, text=f"a note about `{kind}`", hook="relu_backward", file="submission.py", line=7)
            for kind in NoteKind
        ),
        "stdout": CapturedText(text="epoch 1\n", truncated=True),
        "stderr": CapturedText(text="RuntimeWarning: overflow\n"),
    }
    return make_result(submission_id, **{**values, **changes})


def unreadable(submission_id: str = "broken", failure: str = "the zip is cut short") -> Result:
    tests = tuple(make_test(number, Outcome.NOT_RUN, wall_seconds=0.0) for number in (1, 2))
    return make_result(
        submission_id, failure=failure, tests=tests, provenance=make_provenance(sandbox="none")
    )


def hostile(text: str = HOSTILE) -> Result:
    """Return a result with ``text`` in every field that a student can influence, and in others too."""
    tests = tuple(
        _make(
            number,
            outcome,
            title=f"title {text}",
            hooks=(text,),
            student_message=text,
            cause=Cause(mutant=f"mutant-{SECRET}", hint=f"hint {text}"),
            exhibits=exhibits(text),
        )
        for number, outcome in enumerate(Outcome, start=1)
    )
    return Result(
        submission_id=text,
        students=(Student(id=text, name=text, email=text),),
        assignment=AssignmentInfo(id="backprop", title=f"assignment {text}"),
        tests=tests,
        provenance=make_provenance(packages={text: text}, platform=text),
        failure=text,
        notes=tuple(Note(kind=kind, text=text, hook=text, file=text, line=3) for kind in NoteKind),
        stdout=CapturedText(text=text, truncated=True),
        stderr=CapturedText(text=text),
    )


def strings(value: Any) -> Iterator[str]:
    """Yield all strings of a record, also those inside its fields."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from strings(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from strings(key)
            yield from strings(part)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from strings(getattr(value, field))
