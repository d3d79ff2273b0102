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
from torchgrade.wire import Handle

__all__ = [
    "bounded",
    "clean",
    "describe_arguments",
    "describe_difference",
    "describe_raised",
    "describe_refused",
    "describe_values",
    "failure_of",
]

LINES = 20
LINE_CHARACTERS = 400
MESSAGE_CHARACTERS = 1_000
MESSAGE_LINES = 4
FRAMES = 4
NAME_CHARACTERS = 100
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.?")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Take terminal sequences, control characters and direction overrides out of foreign text."""
    text = _TERMINAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def bounded(text: str, lines: int = LINES) -> str:
    """Return a message clean, of so many lines at the most, none of them endless."""
    whole = clean(text[: lines * LINE_CHARACTERS * 4]).split("\n")
    kept = [_cut(line, LINE_CHARACTERS) for line in whole]
    if len(kept) > lines:
        kept[lines - 1 :] = [f"… and {len(kept) - lines + 1} more lines"]
    return "\n".join(kept)


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _in_line(text: str, characters: int = NAME_CHARACTERS) -> str:
    """Return foreign text as a short part of one line."""
    return _cut(" ".join(clean(text[: 4 * characters]).split()), characters)


def describe_arguments(call: Call) -> str:
    """Return the arguments' shapes and types, such as ``dout (4, 3) float64, lambda float``."""
    told = ", ".join(
        f"{name}: {describe_value(value)}"
        for name, value in zip(call.hook.arguments, call.arguments, strict=True)
    )
    return f"{told}\nthen: {_describe_steps(call)}" if call.steps else told


def _describe_steps(call: Call) -> str:
    """Return what was done with an object, such as ``3 × step(list of 2), parameters()``."""
    told: list[tuple[str, int]] = []
    for step in call.steps:
        arguments = ", ".join(
            "an earlier result" if isinstance(value, Handle) else describe_value(value)
            for value in step.arguments
        )
        text = f"{step.method}({arguments})" + (f" of object {step.on + 1}" if step.on else "")
        if told and told[-1][0] == text:
            told[-1] = (text, told[-1][1] + 1)
        else:
            told.append((text, 1))
    return ", ".join(f"{count} × {text}" if count > 1 else text for text, count in told)


def describe_difference(difference: Difference) -> str:
    """Return what differs, without any value."""
    whole = difference.where == "the result"
    where = difference.where if whole else f"`{difference.where.removeprefix('the ')}`"
    match difference.kind:
        case DifferenceKind.STRUCTURE:
            nothing = " (is a `return` missing?)" if difference.got == "None" else ""
            return f"{where} is {difference.got}{nothing}; expected: {difference.expected}"
        case DifferenceKind.SHAPE:
            return f"{where} has the wrong shape: it is {difference.got}; expected: {difference.expected}"
        case DifferenceKind.DTYPE:
            return f"{where} has the wrong dtype: it is {difference.got}; expected: {difference.expected}"
        case DifferenceKind.FINITE:
            share = f" in {difference.count} of {difference.size} entries" if difference.size > 1 else ""
            if difference.got == "wrong":
                return f"{where} should be infinite{share} where it is not, or of the other sign"
            return f"{where} is {difference.got}{share} where it should not be"
        case DifferenceKind.VALUE:
            relation = f": {difference.relation}" if difference.relation else ""
            return f"{where} has {_describe_error(difference)}{relation}"


def _describe_error(difference: Difference) -> str:
    share = f"wrong values in {difference.count} of {difference.size} entries"
    head = share if difference.size > 1 else "the wrong value"
    if not difference.error_in_sizes or not difference.allowed:
        return head
    error = f"{difference.error_in_sizes:.2g}"
    allowed = f"(allowed: {difference.allowed:.0e})"
    if difference.size > 1:
        return f"{head}; the largest error is {error} × the typical size of an entry {allowed}"
    return f"{head}; it is off by {error} × its size {allowed}"


def describe_values(difference: Difference) -> str:
    """Return the worst entry with its values; not for students of hidden tests."""
    if difference.index is None:
        return ""
    place = f"[{', '.join(map(str, difference.index))}]" if difference.index else ""
    return f"{difference.where}{place}: got {difference.got_value}, expected {difference.expected_value}"


def failure_of(answer: Answer, call: Call, category: str) -> StudentFailure | None:
    """Return how a test ends on an answer that is no value; None for a value."""
    if answer.kind is AnswerKind.VALUE:
        return None
    name = call.hook.name
    case = f"\ncase: {category}\narguments: {describe_arguments(call)}" if category else ""
    match answer.kind:
        case AnswerKind.RAISED:
            assert answer.raised is not None
            return _failure_of_raised(answer.raised, name, case)
        case AnswerKind.UNSENDABLE:
            text = f"what your `{name}` returned cannot be graded: {_in_line(answer.detail, LINE_CHARACTERS)}"
            return StudentFailure(Outcome.FAILED, text + case)
        case AnswerKind.MISSING:
            text = _in_line(answer.detail, LINE_CHARACTERS) or f"there is no `{name}` that can be called"
            return StudentFailure(Outcome.NOT_IMPLEMENTED, text)
        case AnswerKind.TIMEOUT:
            text = f"your `{name}` gave {answer.detail}: is there an endless loop, or far too much work?"
            return StudentFailure(Outcome.TIMEOUT, text + case)
        case AnswerKind.OUT_OF_TIME:
            return StudentFailure(Outcome.TIMEOUT, f"your `{name}` was not called: {answer.detail}")
        case _:
            text = f"your `{name}` did not return: {_in_line(answer.detail, LINE_CHARACTERS)}"
            memory = answer.kind is AnswerKind.OUT_OF_MEMORY
            return StudentFailure(Outcome.MEMORY if memory else Outcome.ERROR, text + case)


def _failure_of_raised(raised: Raised, name: str, case: str) -> StudentFailure:
    if "NotImplementedError" in raised.types:
        return StudentFailure(Outcome.NOT_IMPLEMENTED, f"your `{name}` is not implemented yet")
    refused = describe_refused(raised)
    if refused:
        return StudentFailure(Outcome.ERROR, f"your `{name}` {refused}{case}")
    outcome = Outcome.MEMORY if "MemoryError" in raised.types else Outcome.ERROR
    return StudentFailure(outcome, f"your `{name}` raised {describe_raised(raised)}{case}")


def describe_refused(raised: Raised) -> str:
    """Return what of the assignment's own was used and where, ``""`` if the exception is another."""
    if "OffLimitsError" not in raised.types:
        return ""
    text = _in_line(raised.message, LINE_CHARACTERS)
    if not raised.frames:
        return text
    frame = raised.frames[-1]
    source = f"\n    {_in_line(frame.source, 2 * NAME_CHARACTERS)}" if frame.source else ""
    return f"{text} ({_in_line(frame.file)}, line {frame.line}){source}"


def describe_raised(raised: Raised) -> str:
    """Return the exception and the lines of the submission that it came through."""
    message = clean(raised.message[:MESSAGE_CHARACTERS]).splitlines()[:MESSAGE_LINES]
    kind = _in_line(raised.type) or "an exception"
    lines = [f"{kind}: {message[0]}", *message[1:]] if message else [kind]
    for frame in raised.frames[-FRAMES:]:
        function = f", in {_in_line(frame.function)}" if frame.function else ""
        lines.append(f"  {_in_line(frame.file)}, line {frame.line}{function}")
        if frame.source:
            lines.append(f"    {_in_line(frame.source, 2 * NAME_CHARACTERS)}")
    return "\n".join(lines)
