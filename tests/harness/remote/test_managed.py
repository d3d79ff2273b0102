"""An implementation outlives its workers, within the limits of one submission."""

from __future__ import annotations

import textwrap

import msgspec
import pytest

from torchgrade.content import Limits
from torchgrade.remote.answers import AnswerKind, Call
from torchgrade.remote.managed import ManagedImplementation
from torchgrade.remote.worker import Loaded

GENEROUS = Limits(import_seconds=60, call_seconds=60, submission_seconds=300)
LOOP = "import time; time.sleep(3600)"


@pytest.fixture
def managed(workshop, kit):
    """Make implementations of a submission; all are finished afterwards."""
    made = []

    def make(files=None, **limits):
        options = msgspec.structs.replace(GENEROUS, **limits)
        one = ManagedImplementation(workshop.zygote, files or kit.FILES, kit.ENTRIES, options)
        made.append(one)
        return one

    yield make
    for one in made:
        one.finish()


def test_it_starts_at_the_first_call(workshop, managed):
    answer = managed().answer(workshop.call("result = 1"))

    assert answer.value == 1


def test_after_a_crash_a_fresh_worker_takes_over(workshop, managed):
    one = managed()
    assert isinstance(one.start(), Loaded)
    one.answer(workshop.call("import builtins; builtins.mark = 1; print('first')"))

    crash = one.answer(workshop.call("import os; os._exit(3)"))
    fresh = one.answer(workshop.call("import builtins; result = hasattr(builtins, 'mark'); print('second')"))
    one.finish()

    assert crash.kind is AnswerKind.DIED
    assert (fresh.kind, fresh.value) == (AnswerKind.VALUE, False)
    assert [report.stdout for report in one.reports] == [b"first\n", b"second\n"]
    assert one.reports[0].status == 3


def test_a_reply_that_is_a_lie_costs_the_worker_too(workshop, managed):
    one = managed()
    one.answer(workshop.call("result = 1"))
    lie = "import os\nfor n in range(3, 40):\n    try: os.write(n, b'x' * 100)\n    except OSError: pass"

    assert one.answer(workshop.call(lie)).kind is AnswerKind.DIED
    assert one.answer(workshop.call("result = 2")).value == 2
    assert len(one.reports) == 1


def test_a_hook_that_ran_into_the_limit_twice_is_not_called_again_and_others_are(workshop, hooks, managed):
    one = managed(call_seconds=0.2)
    slow = workshop.call(LOOP)

    kinds = [one.answer(slow).kind for _ in range(4)]

    assert kinds == [AnswerKind.TIMEOUT] * 2 + [AnswerKind.OUT_OF_TIME] * 2
    assert "2 times already" in one.answer(slow).detail
    assert one.answer(Call(hooks["make_counter"], (1,))).kind is AnswerKind.VALUE
    assert len(one.reports) == 2


def test_a_submission_has_so_many_seconds_in_all(workshop, hooks, managed):
    one = managed(submission_seconds=1.0)
    first = one.answer(workshop.call(LOOP))
    second = one.answer(Call(hooks["make_counter"], (1,)))

    assert first.kind is AnswerKind.TIMEOUT
    assert second.kind is AnswerKind.OUT_OF_TIME
    assert second.detail == "the submission has used up its 1 s in all"
    assert one.import_seconds + one.call_seconds >= 1.0


def test_imports_count_too_so_that_crashing_is_no_way_around(workshop, managed):
    slow = {"submission.py": b"import time; time.sleep(0.2)\n" + _source(managed)}
    one = managed(slow, submission_seconds=1.0)
    kinds = [one.answer(workshop.call("import os; os._exit(0)")).kind for _ in range(8)]

    assert kinds[0] is AnswerKind.DIED
    assert kinds[-1] is AnswerKind.OUT_OF_TIME
    assert kinds.count(AnswerKind.DIED) <= 5


def test_a_worker_that_only_pretends_to_die_spends_the_time_that_its_end_takes(workshop, managed):
    one = managed(submission_seconds=1.5)
    # The grader waits a little for the exit status of a process whose sockets have closed.
    pretend = "import os, time; os.closerange(3, 64); time.sleep(3600)"

    kinds = [one.answer(workshop.call(pretend)).kind for _ in range(4)]

    assert kinds == [AnswerKind.DIED] * 2 + [AnswerKind.OUT_OF_TIME] * 2
    assert one.call_seconds < 1.0 < one.spent_seconds


def test_a_reply_that_takes_long_to_read_spends_its_time(workshop, managed):
    one = managed(submission_seconds=300.0)
    large = workshop.call("result = [[(((0,),),)] * 100_000] * 10")

    assert one.answer(large).kind is AnswerKind.VALUE
    assert one.spent_seconds > one.import_seconds + one.call_seconds


def _source(_):
    return textwrap.dedent(
        """
        from torchgrade import hookimpl
        @hookimpl
        def run(code, given): exec(code)
        """
    ).encode()


def test_a_missing_hook_is_not_called(hooks, managed):
    one = managed()
    one.start()

    answer = one.answer(Call(hooks["not_written"], (1,)))

    assert answer.kind is AnswerKind.MISSING
    assert answer.detail == "there is no `not_written`; the contract asks for `not_written(x)`"


@pytest.mark.parametrize(
    "source, kind",
    [
        (b"raise RuntimeError('at import')", AnswerKind.RAISED),
        (b"import os; os._exit(0)", AnswerKind.DIED),
        (b"import time; time.sleep(3600)", AnswerKind.TIMEOUT),
    ],
)
def test_an_import_that_failed_is_not_tried_again_at_each_call(workshop, managed, source, kind):
    one = managed({"submission.py": source}, import_seconds=0.5)
    told = one.start()

    answers = [one.answer(workshop.call("result = 1")) for _ in range(3)]

    assert told.kind is kind
    assert answers == [told] * 3
    assert len(one.reports) == 1
