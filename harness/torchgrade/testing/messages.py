"""Messages of failed tests: what was checked, on which case, what is wrong, what is likely.

At most 20 lines. For hidden tests the student's text tells category, shapes and dtypes, never values;
the values go to the instructor's text.
"""

from __future__ import annotations

import re

from torchgrade.remote.answers import Answer, AnswerKind, Call, Raised
from torchgrade.results import Outcome
from torchgrade.testing.compare import Difference, DifferenceKind, describe_value
from torchgrade.testing.failures import StudentFailure

__all__ = ["clean", "describe_arguments", "describe_difference", "describe_values", "failure_of"]

LINES = 20
MESSAGE_CHARACTERS = 1_000
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """Take terminal sequences, control characters and direction overrides out of foreign text."""
    text = _TERMINAL.sub("", text.replace("\r\n", "\n"))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def describe_arguments(call: Call) -> str:
    """Return the arguments' shapes and types, such as ``dout (4, 3) float64, lambda float``."""
    return ", ".join(
        f"{name}: {describe_value(value)}"
        for name, value in zip(call.hook.arguments, call.arguments, strict=True)
    )


def describe_difference(difference: Difference) -> str:
    """Return what differs, without any value."""
    where = f"`{difference.where}`" if difference.where != "the result" else "the result"
    match difference.kind:
        case DifferenceKind.STRUCTURE:
            nothing = " (is a `return` missing?)" if difference.got == "None" else ""
            return f"{where} is {difference.got}{nothing}; expected: {difference.expected}"
        case DifferenceKind.SHAPE:
            return f"{where} has the wrong shape: {difference.got}; expected: {difference.expected}"
        case DifferenceKind.DTYPE:
            return f"{where} has the wrong dtype: {difference.got}; expected: {difference.expected}"
        case DifferenceKind.FINITE:
            share = f"{difference.count} of {difference.size} entries"
            return f"{where} is NaN or infinite where it should not be, or the reverse: {share}"
        case DifferenceKind.VALUE:
            share = f"{difference.count} of {difference.size} entries"
            error = f"{difference.error_in_sizes:.2g}"
            return (
                f"{where} has wrong values in {share}; the largest error is {error} × the typical size"
                f" of an entry (allowed: {difference.allowed:.0e})"
            )


def describe_values(difference: Difference) -> str:
    """Return the worst entry with its values; not for students of hidden tests."""
    if difference.index is None:
        return ""
    place = f"[{', '.join(map(str, difference.index))}]" if difference.index else ""
    return f"{difference.where}{place}: got {difference.got_value}, expected {difference.expected_value}"


def failure_of(answer: Answer, call: Call, category: str) -> StudentFailure | None:
    """Return how a test ends on an answer that is no value; None for a value."""
    name = call.hook.name
    case = f"\ncase: {category}\narguments: {describe_arguments(call)}" if category else ""
    match answer.kind:
        case AnswerKind.VALUE:
            return None
        case AnswerKind.RAISED:
            assert answer.raised is not None
            return _failure_of_raised(answer.raised, name, case)
        case AnswerKind.UNSENDABLE:
            text = f"what your `{name}` returned cannot be graded: {clean(answer.detail)}"
            return StudentFailure(Outcome.FAILED, text + case)
        case AnswerKind.MISSING:
            return StudentFailure(Outcome.NOT_IMPLEMENTED, clean(answer.detail))
        case AnswerKind.TIMEOUT:
            text = f"your `{name}` gave {answer.detail}: is there an endless loop, or far too much work?"
            return StudentFailure(Outcome.TIMEOUT, text + case)
        case AnswerKind.OUT_OF_TIME:
            return StudentFailure(Outcome.TIMEOUT, f"your `{name}` was not called: {answer.detail}")
        case AnswerKind.DIED:
            text = f"your `{name}` did not return: {clean(answer.detail)}"
            return StudentFailure(Outcome.ERROR, text + case)


def _failure_of_raised(raised: Raised, name: str, case: str) -> StudentFailure:
    if "NotImplementedError" in raised.types:
        return StudentFailure(Outcome.NOT_IMPLEMENTED, f"your `{name}` is not implemented yet")
    outcome = Outcome.MEMORY if "MemoryError" in raised.types else Outcome.ERROR
    return StudentFailure(outcome, f"your `{name}` raised {describe_raised(raised)}{case}")


def describe_raised(raised: Raised) -> str:
    """Return the exception and the lines of the submission that it came through."""
    message = clean(raised.message)[:MESSAGE_CHARACTERS]
    message = "\n".join(message.splitlines()[:4])
    head = f"{clean(raised.type)}: {message}" if message else clean(raised.type)
    lines = [head]
    for frame in raised.frames[-4:]:
        function = f", in {clean(frame.function)}" if frame.function else ""
        lines.append(f"  {clean(frame.file)}, line {frame.line}{function}")
        if frame.source:
            lines.append(f"    {clean(frame.source)}")
    return "\n".join(lines[: LINES - 4])
