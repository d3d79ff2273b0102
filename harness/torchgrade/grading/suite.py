"""The tests of an assignment: collected by pytest once, then run for submission after submission.

pytest stays in charge of collection, fixtures and set-up; its run loop is ours. So a submission costs
no new session, and what the tests say goes into records instead of onto a terminal.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import traceback
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import torchgrade
from torchgrade.errors import ContentError
from torchgrade.grading.jobs import TestInfo
from torchgrade.remote.answers import Implementation
from torchgrade.results import Outcome, TestOutcome
from torchgrade.testing.bench import Bench, TestRecord
from torchgrade.testing.cases import CaseFunctions
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.kit import Kit
from torchgrade.testing.messages import bounded, clean

__all__ = ["OWN_FAULT", "TestSuite", "with_tests"]

# What a session on a terminal needs and ours does not; --assert=plain, because rewritten assertions
# put values into messages that students read.
_UNUSED = (
    "cacheprovider",
    "capture",
    "doctest",
    "faulthandler",
    "junitxml",
    "logging",
    "pastebin",
    "recwarn",
    "stepwise",
    "terminal",
    "terminalprogress",
    "threadexception",
    "unittest",
    "unraisableexception",
    "warnings",
)
_OPTIONS = (
    "--assert=plain",
    "--import-mode=importlib",
    "--noconftest",
    "--config-file=/dev/null" if os.name == "posix" else "--config-file=NUL",
    "--strict-markers",
    *(f"-pno:{name}" for name in _UNUSED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    outcome: Outcome
    student_message: str = ""
    instructor_message: str = ""
    failure: StudentFailure | None = None


OWN_FAULT = "the grader failed on this test: this is not your fault, and it will be graded again"
_NOT_RUN = _Verdict(outcome=Outcome.NOT_RUN, student_message="the test did not run")


class TestSuite:
    """The collected tests of one folder."""

    __test__ = False

    def __init__(self, items: list[pytest.Item], bench: Bench) -> None:
        self._items = items
        self._bench = bench
        self._verdict = _NOT_RUN
        self.tests = tuple(_info(number, item) for number, item in enumerate(items, start=1))

    def run(self, student: Implementation) -> tuple[TestOutcome, ...]:
        """Judge one implementation by every test, in order."""
        self._bench.seat(student)
        outcomes = []
        for index, item in enumerate(self._items):
            following = self._items[index + 1] if index + 1 < len(self._items) else None
            self._bench.record = TestRecord()
            self._verdict = _NOT_RUN
            # What a test prints is the author's note to himself: stdout carries results only.
            with contextlib.redirect_stdout(sys.stderr):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            outcomes.append(self._outcome(self.tests[index], self._verdict))
        return tuple(outcomes)

    def none_ran(
        self, outcome: Outcome, message: str, instructor_message: str = ""
    ) -> tuple[TestOutcome, ...]:
        """Return the outcomes of a submission on which no test could be run."""
        return tuple(_without_points(test, outcome, message, instructor_message) for test in self.tests)

    def note(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        """Take down what a phase of the running test came to; the first failure stands."""
        if self._verdict is not _NOT_RUN and self._verdict.outcome is not Outcome.PASSED:
            return
        if call.excinfo is None:
            if call.when == "call":
                self._verdict = _Verdict(outcome=Outcome.PASSED)
            return
        self._verdict = _judge(call.excinfo.value, item.path, public=self._bench.public)

    def _outcome(self, test: TestInfo, verdict: _Verdict) -> TestOutcome:
        record = self._bench.record
        points = Fraction(test.max_points)
        failure = verdict.failure
        passed = verdict.outcome is Outcome.PASSED
        return TestOutcome(
            id=test.id,
            number=test.number,
            title=test.title,
            outcome=verdict.outcome,
            points=points if passed else Fraction(0),
            max_points=points,
            hooks=tuple(record.hooks),
            student_message=record.remark if passed else verdict.student_message,
            instructor_message=verdict.instructor_message,
            cause=None if failure is None else failure.cause,
            wall_seconds=record.wall_seconds,
            error_in_tolerances=record.error_in_tolerances,
            exhibits=record.exhibits,
        )


class _Runner:
    """The pytest plugin that takes over the run loop."""

    def __init__(self, bench: Bench, body: Callable[[TestSuite], None]) -> None:
        self._bench = bench
        self._body = body
        self._suite: TestSuite | None = None
        self.problems: list[str] = []
        self.interrupted: KeyboardInterrupt | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not self.problems:
            self.problems += _problems_of_names(session.items)
        if not self.problems:
            self._suite = TestSuite(session.items, self._bench)
            self._body(self._suite)
        return True

    def pytest_internalerror(self, excrepr: object) -> None:
        self.problems.append(str(excrepr))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, KeyboardInterrupt):
            self.interrupted = excinfo.value
        else:
            self.problems.append(f"pytest was told to stop: {excinfo.value}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> pytest.TestReport:
        """Note the outcome; the report itself is as small as pytest allows."""
        assert self._suite is not None
        assert call.when != "collect"
        self._suite.note(item, call)
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="passed" if call.excinfo is None else "failed",
            longrepr=None,
            when=call.when,
        )


def with_tests(folder: Path, bench: Bench, body: Callable[[TestSuite], None]) -> None:
    """Collect the tests of a folder and call ``body`` with them, inside pytest's session.

    Raises:
        ContentError: if the tests cannot be collected, or there are none.
    """
    if not any(folder.glob("test_*.py")):
        raise ContentError(f"{folder} holds no test_*.py")
    raised: list[BaseException] = []
    stdout = sys.stdout

    def guarded(suite: TestSuite) -> None:
        try:
            with contextlib.redirect_stdout(stdout):
                body(suite)
        except BaseException as error:  # noqa: BLE001 - raised again outside: pytest would print it and go on
            raised.append(error)

    runner = _Runner(bench, guarded)
    kit = Kit(bench, CaseFunctions(folder, bench.seed))
    with _environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTEST_ADDOPTS="", PYTEST_PLUGINS=""):
        arguments = [*_OPTIONS, f"--rootdir={folder}", str(folder)]
        with _forgotten_modules(folder), contextlib.redirect_stdout(sys.stderr):
            status = pytest.main(arguments, plugins=[kit, runner])
    if raised:
        raise raised[0]
    if runner.interrupted is not None:
        raise runner.interrupted
    if runner.problems or status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        told = "\n".join(runner.problems) or f"pytest ended with {status!r}"
        raise ContentError(f"the tests in {folder} cannot be collected:\n{told}")


@contextlib.contextmanager
def _environment(**values: str) -> Any:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _forgotten_modules(folder: Path) -> Iterator[None]:
    """Forget afterwards what was imported from ``folder``.

    pytest takes a test file for imported if there is a module of its name: the next assignment's
    ``test_mlp.py`` would be this one's.
    """
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).is_relative_to(folder):
                del sys.modules[name]


def _problems_of_names(items: list[pytest.Item]) -> list[str]:
    """Say what is wrong with the tests' names, by which results, draws and mutants know them."""
    if not items:
        return ["there is no test function in them"]
    counted = Counter(item.name for item in items)
    return [f"{count} tests are named {name}" for name, count in counted.items() if count > 1]


def _judge(error: BaseException, test_file: Path, *, public: bool) -> _Verdict:
    if isinstance(error, StudentFailure):
        return _Verdict(
            outcome=error.outcome,
            student_message=bounded(error.student_message),
            instructor_message=bounded(error.instructor_message),
            failure=error,
        )
    if isinstance(error, AssertionError | pytest.fail.Exception) and not _is_ours(error):
        by_author = public or _raising_file(error) == test_file
        message = str(error) if by_author else ""
        return _Verdict(
            outcome=Outcome.FAILED,
            student_message=bounded(message or "a check of this test failed"),
            instructor_message=_trace(error),
        )
    if isinstance(error, pytest.skip.Exception):
        return _Verdict(outcome=Outcome.NOT_RUN, student_message=bounded(f"not run: {error}"))
    return _Verdict(
        outcome=Outcome.INTERNAL_ERROR,
        student_message=_explain_public(error, test_file) if public and not _is_ours(error) else OWN_FAULT,
        instructor_message=_trace(error),
    )


def _explain_public(error: BaseException, test_file: Path) -> str:
    """Say what a public test stumbled over: at home it is nearly always what the code returned."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(test_file)), None)
    told = "".join(traceback.format_exception_only(error)).strip()
    return bounded(
        "this test cannot work with what your code returned (or is broken itself):"
        f"\n{told}\n  {test_file.name}, line {line}"
    )


def _is_ours(error: BaseException) -> bool:
    """Tell whether an assertion of the engine itself failed: that is nobody else's fault."""
    return _raising_file(error).is_relative_to(Path(torchgrade.__file__).parent)


def _raising_file(error: BaseException) -> Path:
    """Return the file whose code raised; what ``numpy.testing`` raises holds values, say."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, pytest.fail.Exception):
        frames = [frame for frame in frames if not _is_of_pytest(frame)]
    return Path(frames[-1].f_code.co_filename) if frames else Path()


def _is_of_pytest(frame: types.FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("_pytest.")


def _trace(error: BaseException) -> str:
    return clean("".join(traceback.format_exception(error))[-8_000:])


def _info(number: int, item: pytest.Item) -> TestInfo:
    function = getattr(item, "function", None)
    name = getattr(item, "originalname", item.name)
    doc = inspect.getdoc(function) or ""
    title = doc.splitlines()[0].rstrip(".") if doc else name.removeprefix("test_").replace("_", " ")
    title += item.name.removeprefix(name)  # what tells apart the runs of a parametrised test
    mark = item.get_closest_marker("points")
    value = mark.args[0] if mark is not None else Fraction(0)
    return TestInfo(id=item.name, number=number, title=title, max_points=str(value))


def _without_points(test: TestInfo, outcome: Outcome, message: str, instructor_message: str) -> TestOutcome:
    return TestOutcome(
        id=test.id,
        number=test.number,
        title=test.title,
        outcome=outcome,
        points=Fraction(0),
        max_points=Fraction(test.max_points),
        student_message=message,
        instructor_message=instructor_message,
    )
