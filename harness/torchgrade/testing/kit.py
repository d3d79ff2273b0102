"""The fixtures, as a pytest plugin of one grading process."""

from __future__ import annotations

from typing import Any

import pytest

from torchgrade.contract import Hook
from torchgrade.errors import ContentError
from torchgrade.remote.answers import AnswerKind, Call, MethodCall
from torchgrade.remote.proxy import ContractProxy, RemoteObject
from torchgrade.results import Outcome
from torchgrade.testing.agree import Agree
from torchgrade.testing.bench import Bench
from torchgrade.testing.cases import CaseBook, CaseFunctions, Draw
from torchgrade.testing.compare import describe_value
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.learning import Learns
from torchgrade.testing.messages import failure_of
from torchgrade.wire import Handle

__all__ = ["Kit"]


class Kit:
    """Offers ``student``, ``reference``, ``draw``, ``cases``, ``agree`` and ``learns`` to tests.

    Args:
        bench: what they work on.
        functions: the test folder's ``cases.py``.
    """

    def __init__(self, bench: Bench, functions: CaseFunctions) -> None:
        self._bench = bench
        self._functions = functions
        self._student = ContractProxy(bench.contract, self._call_student)
        self._reference = ContractProxy(bench.contract, self._call_reference)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Declare the marks."""
        config.addinivalue_line("markers", "points(value): what the test is worth")

    @pytest.fixture
    def student(self) -> ContractProxy:
        """The submission: ``student.relu_backward(dout, x)``."""
        return self._student

    @pytest.fixture
    def reference(self) -> ContractProxy:
        """The solution, called in the same way; hidden tests only."""
        return self._reference

    @pytest.fixture
    def draw(self, request: pytest.FixtureRequest) -> Draw:
        """Draws of this test."""
        return Draw(self._bench.seed, request.node.name)

    @pytest.fixture
    def cases(self, request: pytest.FixtureRequest) -> CaseBook:
        """Cases of this test, by the functions of ``cases.py``."""
        return CaseBook(self._functions, request.node.name)

    @pytest.fixture
    def agree(self, request: pytest.FixtureRequest) -> Agree:
        """Compare student and reference on cases."""
        return Agree(self._bench, request.node.originalname)

    @pytest.fixture
    def learns(self) -> Learns:
        """Have the student's code train something, and judge what became of it."""
        return Learns(self._bench, self._student)

    def _call_student(self, hook: Hook, arguments: tuple[Any, ...]) -> Any:
        call = Call(hook, arguments)
        answer = self._bench.ask_student(call)
        failure = failure_of(answer, call, "")
        if failure is not None:
            raise failure
        if answer.changed:
            names = ", ".join(f"`{name}`" for name in answer.changed)
            text = f"your `{hook.name}` changes its argument {names}; the contract forbids it"
            raise StudentFailure(Outcome.FAILED, text)
        if not hook.methods:
            return answer.value
        if not isinstance(answer.value, Handle):
            methods = ", ".join(f"`{method}`" for method in hook.methods)
            got = describe_value(answer.value)
            text = f"your `{hook.name}` returned {got}; expected: an object with {methods}"
            raise StudentFailure(Outcome.FAILED, text)
        return RemoteObject(hook, answer.value, self._call_students_object)

    def _call_students_object(self, call: MethodCall) -> list[Any]:
        answer = self._bench.ask_students_object(call)
        failure = failure_of(answer, Call(call.hook, (None,) * len(call.hook.arguments)), "")
        if failure is not None:
            raise failure
        results: list[Any] = answer.value
        return results

    def _call_reference(self, hook: Hook, arguments: tuple[Any, ...]) -> Any:
        answer = self._bench.ask_reference(Call(hook, arguments))
        if answer.kind is not AnswerKind.VALUE:
            raise ContentError(f"the reference's {hook.name} raised where a test wants its value")
        if hook.methods:
            return RemoteObject(hook, answer.value, self._call_references_object)
        return answer.value

    def _call_references_object(self, call: MethodCall) -> list[Any]:
        assert self._bench.reference is not None
        answer = self._bench.reference.answer_method(call)
        if answer.kind is not AnswerKind.VALUE:
            names = ", ".join(step.method for step in call.steps)
            raise ContentError(f"{names} of the reference's {call.hook.name} fails: {answer.detail}")
        results: list[Any] = answer.value
        return results
