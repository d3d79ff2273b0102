"""A race of real workers: ratios are about right, and every answer of a submission counts."""

from __future__ import annotations

import numpy as np
import pytest

from torchgrade.budget.comparison import Comparison, Effort, TooSlow, WrongAnswerError
from torchgrade.budget.interval import ratio_interval
from torchgrade.budget.race import FEWEST_PAIRS, _Race, race
from torchgrade.errors import ContentError
from torchgrade.results import Outcome

COUNTING = "calls = []\n"


@pytest.mark.parametrize("times, ratio", [(25, 0.25), (100, 1.0), (300, 3.0)])
def test_the_ratio_is_that_of_the_work(track, kit, times, ratio):
    measured = race(track.comparison(kit.implementation(f"return work(x, {times})")))
    # What a call takes beside its work pulls small ratios up. The machine may be very busy with other tests:
    # how near the ratio is, the benchmark shows.
    assert 0.5 * ratio < measured.interval.ratio < 2 * ratio + 0.1
    assert measured.interval.low <= measured.interval.ratio <= measured.interval.high
    assert measured.interval.count >= FEWEST_PAIRS


def test_time_asleep_counts(track, kit):
    body = """
    time.sleep(0.03)
    return work(x, 1)
    """
    measured = race(track.comparison(kit.implementation(body)))
    assert measured.submission > 0.03
    assert measured.interval.low > 1


def test_the_ways_of_large_arguments_do_not_count(track, kit):
    """What an implementation does that does nothing is next to nothing, however large its inputs."""
    nothing, much = kit.implementation("return 1.0"), kit.implementation("work(x, 3)\nreturn 1.0")
    comparison = track.comparison(nothing, much, size=800, effort=Effort(seconds=0.5, width=0.1))
    measured = race(comparison)
    assert measured.interval.ratio < 0.5


@pytest.mark.parametrize(
    "ways, ratio",
    [
        ([0.001, 0.001, 0.001, 0.001], 19 / 9),
        ([0.001, 0.019, 0.012, 0.030], 19 / 9),
        ([0.009, 0.009, 0.009, 0.009], 3),
        ([0.011, 0.019, 0.012, 0.030], 3),
    ],
    ids=["steady", "disturbed", "most of it", "more than all of it"],
)
def test_an_errand_that_took_long_makes_no_call_look_quick(track, kit, ways, ratio):
    """Calls of 10 and 20 ms, and so much for their ways."""
    running = _Race(track.comparison(kit.REFERENCE), None, None, None)
    running._pairs, running._ways = [(0.020, 0.010)] * 8, ways
    assert running._result(ratio_interval(running._logarithms())).interval.ratio == pytest.approx(ratio)


def test_inputs_are_new_for_each_pair_and_alike_for_both(track, kit, monkeypatch):
    told = []
    verify = Comparison.verify

    def listen(comparison, call, right, answer):
        told.append((right.value.tobytes(), answer.value.tobytes()))
        verify(comparison, call, right, answer)

    monkeypatch.setattr(Comparison, "verify", listen)
    echo = kit.implementation("work(x, 20)\nreturn x")
    measured = race(track.comparison(echo, echo))
    assert len(told) > measured.interval.count
    assert all(theirs == mine for theirs, mine in told)
    assert len({theirs for theirs, _ in told}) == len(told)
    assert {x.tobytes() for x in track.inputs} >= {theirs for theirs, _ in told}


@pytest.mark.parametrize(
    "body, outcome, told",
    [
        ("calls.append(work(x, 1))\nreturn calls[0]", Outcome.FAILED, "turn"),
        ("calls.append(1)\nreturn work(x, 1) if len(calls) < 7 else x", Outcome.FAILED, "turn"),
        ("calls.append(1)\nreturn work(x, 1) if len(calls) < 7 else x[:3]", Outcome.FAILED, "shape"),
        (
            "calls.append(1)\nreturn work(x, 1) if len(calls) < 7 else 1 / 0",
            Outcome.ERROR,
            "ZeroDivisionError",
        ),
        ("return np.full_like(x, np.nan)", Outcome.FAILED, "turn"),
        ("return object()", Outcome.FAILED, "object"),
    ],
    ids=["remembered", "wrong later", "other shape later", "raises later", "nan", "no value"],
)
def test_every_answer_is_verified(track, kit, body, outcome, told):
    with pytest.raises(WrongAnswerError) as caught:
        race(track.comparison(kit.implementation(body, COUNTING)))
    failure = caught.value.failure
    assert failure.outcome is outcome
    assert told in failure.student_message
    assert "a measured call" in failure.student_message


def test_against_a_yardstick_answers_are_not_compared(track, kit):
    measured = race(track.comparison(kit.implementation("work(x, 100)\nreturn x"), verifies=False))
    assert 0.5 < measured.interval.ratio < 2


@pytest.mark.parametrize(
    "body, before",
    [
        ("calls.append(1)\nreturn work(x, 1) if len(calls) < 5 else os._exit(3)", "import os\n"),
        (
            "gc.callbacks.append(lambda *_: os._exit(3))\nreturn work(x, 1)",
            "import gc, os\n",
        ),
        (
            "threading.Thread(target=lambda: (time.sleep(0.002), os._exit(3))).start()\nreturn work(x, 1)",
            "import os, threading\n",
        ),
    ],
    ids=["in a call", "when it settles", "between calls"],
)
def test_who_dies_is_told_so(track, kit, body, before):
    with pytest.raises(WrongAnswerError) as caught:
        race(track.comparison(kit.implementation(body, before + COUNTING)))
    assert caught.value.failure.outcome is Outcome.ERROR
    assert "exit status 3" in caught.value.failure.student_message


def test_what_takes_much_too_long_is_stopped(track, kit):
    """Four times what loses all points, but a second at the least."""
    with pytest.raises(TooSlow) as caught:
        race(track.comparison(kit.implementation("time.sleep(60)")))
    assert 1 <= caught.value.seconds < 20
    assert 0 < caught.value.compared < caught.value.seconds


@pytest.mark.parametrize("body", ["raise ValueError('broken')", "import os\nos._exit(1)", "return object()"])
def test_a_broken_reference_is_the_authors_fault(track, kit, body):
    with pytest.raises(ContentError, match="what a budget is measured against does not answer"):
        race(track.comparison(kit.REFERENCE, kit.implementation(body)))


def test_nothing_is_left_whatever_the_end(track, kit):
    race(track.comparison(kit.REFERENCE))
    with pytest.raises(WrongAnswerError):
        race(track.comparison(kit.implementation("return x")))
    assert len(track.started) == 6
    assert not any(worker.alive for worker in track.started)


def test_it_stops_at_a_limit_of_time(track, kit):
    comparison = track.comparison(kit.REFERENCE, effort=Effort(seconds=0.0, width=1e-9))
    assert race(comparison).interval.count == FEWEST_PAIRS


@pytest.mark.parametrize("full_marks", [1.0, 1.05])
def test_what_is_near_the_limit_is_measured_for_longer(track, kit, full_marks):
    far = race(track.comparison(kit.REFERENCE, full_marks=6.0, effort=Effort(seconds=1.0, width=10.0)))
    near = race(
        track.comparison(kit.REFERENCE, full_marks=full_marks, effort=Effort(seconds=1.0, width=1e-9))
    )
    assert far.interval.count == FEWEST_PAIRS < near.interval.count


def test_answers_of_other_numbers_within_tolerance_are_right(track, kit):
    measured = race(track.comparison(kit.implementation("return work(x, 100) * (1 + 1e-12)")))
    assert np.isfinite(measured.interval.ratio)


def test_on_a_device_what_is_compared_with_counts_as_it_was_without_the_submission(track, kit):
    """A device goes on with what a stopped process asked of it: here it is a reference that slows down."""
    body = "calls.append(1)\nwork(x, 100 if len(calls) < 8 else 400)\nreturn 2 * x"
    slowed = kit.implementation(body, COUNTING)
    quick = kit.implementation("work(x, 100)\nreturn 2 * x")
    effort = Effort(seconds=0.5, width=0.1, call_seconds=20.0)
    fooled = race(track.comparison(quick, slowed, effort=effort))
    assert fooled.interval.ratio < 0.7
    measured = race(track.comparison(quick, slowed, effort=effort, device="cuda"))
    assert measured.interval.ratio > 1.3 * fooled.interval.ratio


@pytest.mark.parametrize(
    "compared, seconds, late",
    [
        ([1.0, 1.01] * 4, 3.9, False),
        ([1.0, 1.01] * 4, 4.1, True),
        ([1.0, 3.0] * 4, 4.1, False),
        ([1.0, 3.0] * 4, 11.9, False),
        ([1.0, 3.0] * 4, 12.1, True),
    ],
    ids=["quiet and in time", "quiet", "unquiet", "unquiet for long", "unquiet for too long"],
)
def test_more_time_is_taken_only_for_what_the_machine_does(track, kit, compared, seconds, late):
    comparison = track.comparison(kit.REFERENCE, effort=Effort(seconds=4.0))
    assert comparison.is_late(seconds, compared) is late


def test_time_that_a_submission_wastes_leaves_it_no_fewer_pairs_where_the_machine_is_unquiet(
    track, kit, monkeypatch
):
    """It sleeps until its time is up, and what it is compared with spreads as beside other work."""
    monkeypatch.setattr(_Race, "_theirs", lambda _: [1.0, 3.0] * 4)
    body = """
    calls.append(1)
    if len(calls) in (4, 5):
        time.sleep(0.3)
    return work(x, 300)
    """
    lazy = kit.implementation(body, COUNTING)
    measured = race(track.comparison(lazy, effort=Effort(seconds=0.5, width=0.0)))
    assert measured.interval.count > FEWEST_PAIRS
    assert measured.interval.low > 1.0
