"""A call may be on its way while the one before it is under way; nothing else changes by that."""

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.content import Limits
from torchgrade.remote.answers import AnswerKind
from torchgrade.remote.managed import ManagedImplementation

GENEROUS = Limits(import_seconds=60, call_seconds=60, submission_seconds=300)


@pytest.fixture
def managed(workshop, kit):
    one = ManagedImplementation(workshop.zygote, kit.FILES, kit.ENTRIES, GENEROUS)
    yield one
    one.finish()


def in_turn(managed, calls):
    answers = []
    for call, following in zip(calls, [*calls[1:], None], strict=True):
        managed.expect(following)
        answers.append(managed.answer(call))
    return answers


def test_each_answer_is_that_of_its_call(workshop, managed):
    calls = [workshop.call(f"result = {number}") for number in range(20)]

    assert [answer.value for answer in in_turn(managed, calls)] == list(range(20))


def test_a_large_call_is_sent_in_its_turn(workshop, managed):
    large = np.arange(100_000.0)
    calls = [workshop.call("result = 1"), workshop.call("result = given", large), workshop.call("result = 3")]

    first, second, third = in_turn(managed, calls)

    assert (first.value, third.value) == (1, 3)
    assert np.array_equal(second.value, large)


@pytest.mark.parametrize("crash", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_a_crash_costs_its_own_call_and_not_the_one_that_was_sent_already(workshop, managed, crash):
    answers = in_turn(
        managed, [workshop.call(crash), workshop.call("result = 2"), workshop.call("result = 3")]
    )

    assert [answer.kind for answer in answers] == [AnswerKind.DIED, AnswerKind.VALUE, AnswerKind.VALUE]
    assert [answer.value for answer in answers[1:]] == [2, 3]


def test_a_call_that_was_sent_ahead_and_then_not_made_leaves_no_trace(workshop, managed):
    managed.expect(workshop.call("result = 'never asked for'"))
    assert managed.answer(workshop.call("result = 1")).value == 1

    assert managed.answer(workshop.call("result = 2")).value == 2
    assert managed.answer(workshop.call("result = 3")).value == 3


def test_a_request_of_another_kind_passes_over_what_was_sent_ahead(workshop, worker):
    answer = worker.call(workshop.call("result = 1"), 60, following=workshop.call("result = 2"))

    assert answer.value == 1
    assert worker.ping(60) > 0
    assert worker.call(workshop.call("result = 3"), 60).value == 3
