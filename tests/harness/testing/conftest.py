"""A bench whose student, reference and mutants are functions of the test itself."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from torchgrade.content import Mutant
from torchgrade.contract import load_contract
from torchgrade.remote.answers import Answer, AnswerKind, CodeFrame, Raised
from torchgrade.testing.agree import Agree
from torchgrade.testing.bench import AnswerBook, Bench
from torchgrade.testing.failures import StudentFailure

CONTRACT = """
from torchgrade import hookspec
from torchgrade.contract import returns

@hookspec(firstresult=True)
def double(x): ...

@hookspec(firstresult=True)
@returns("total", "half")
def split(x): ...
"""


class Local:
    """Answers calls by functions in this process; what they return or raise is the answer.

    An ``Answer`` that a function returns is taken for what came of the call.
    """

    def __init__(self, **functions):
        self.functions = functions
        self.calls = 0

    def answer(self, call):
        self.calls += 1
        arguments = copy.deepcopy(list(call.arguments))
        started = time.perf_counter()
        try:
            value = self.functions[call.hook.name](*arguments)
        except Exception as error:  # noqa: BLE001 - the answer, as in a worker
            types = tuple(kind.__name__ for kind in type(error).__mro__ if kind is not object)
            frames = (CodeFrame(file="submission.py", line=3, function=call.hook.name, source="raise it"),)
            return Answer(
                kind=AnswerKind.RAISED, raised=Raised(types=types, message=str(error), frames=frames)
            )
        if isinstance(value, Answer):
            return value
        pairs = zip(call.hook.arguments, call.arguments, arguments, strict=True)
        changed = tuple(name for name, before, after in pairs if not np.array_equal(before, after))
        wall_seconds = time.perf_counter() - started
        return Answer(kind=AnswerKind.VALUE, value=value, changed=changed, wall_seconds=wall_seconds)


@pytest.fixture(scope="session")
def contract():
    return load_contract(CONTRACT, "contract.py")


@pytest.fixture
def bench(contract):
    """Make a bench of functions: ``bench(student, reference, mutants)`` by hook name."""

    def make(student, reference=None, mutants=None):
        books = [
            (
                Mutant(
                    name=name,
                    path=Path(f"{name}.py"),
                    hint=f"your code is {name}",
                    killed_by=tuple(functions.pop("killed_by", ("test_it",))),
                    hooks=frozenset(functions),
                ),
                AnswerBook(Local(**{**(reference or {}), **functions})),
            )
            for name, functions in (mutants or {}).items()
        ]
        made = Bench(
            contract,
            b"seed" * 8,
            None if reference is None else AnswerBook(Local(**reference)),
            books,
        )
        made.seat(Local(**student))
        return made

    return make


@pytest.fixture
def disagree(bench):
    """Let a student disagree with the reference on cases; returns how the test ended and its bench."""

    def run(hook, cases, *, test="test_it", tolerance=None, **functions):
        made = bench(**functions)
        with pytest.raises(StudentFailure) as caught:
            Agree(made, test)(hook, cases, tolerance)
        failure = caught.value
        return SimpleNamespace(
            outcome=failure.outcome,
            student=failure.student_message,
            instructor=failure.instructor_message,
            cause=failure.cause,
            record=made.record,
        )

    return run
