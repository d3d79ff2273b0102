"""Progress: a bar on a terminal, few lines elsewhere."""

from __future__ import annotations

import io

import pytest

from torchgrade.results import Outcome
from torchgrade_plugins.progress import ProgressObserver


class Clock:
    seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def test_without_a_terminal_there_is_a_line_every_few_seconds_and_a_last_one(kit, clock):
    stream = io.StringIO()
    observer = ProgressObserver(lambda: stream, clock)
    observer.started(110, 10)
    for number in range(100):
        clock.seconds += 0.125
        outcome = (
            Outcome.INTERNAL_ERROR if number == 80 else Outcome.FAILED if number > 60 else Outcome.PASSED
        )
        observer.stored(kit.make_result(f"s{number}", outcome))
    observer.finished()
    assert stream.getvalue().splitlines() == [
        "graded 50/110, 10 of them before, 8.0/s, 0:08 left",
        "graded 90/110, 10 of them before, 8.0/s, 0:02 left, 19 not passed",
        "graded 110/110, 10 of them before, 8.0/s, 39 not passed, 1 to be graded anew",
    ]


def test_a_batch_with_nothing_to_do_says_so(clock):
    stream = io.StringIO()
    observer = ProgressObserver(lambda: stream, clock)
    observer.started(3, 3)
    observer.finished()
    assert stream.getvalue() == "graded 3/3, 3 of them before\n"


def test_one_observer_serves_a_second_batch(kit, clock):
    stream = io.StringIO()
    observer = ProgressObserver(lambda: stream, clock)
    for _ in range(2):
        observer.started(1, 0)
        clock.seconds += 1
        observer.stored(kit.make_result("ann", Outcome.FAILED))
        observer.finished()
    assert stream.getvalue().splitlines() == ["graded 1/1, 1.0/s, 1 not passed"] * 2


def test_on_a_terminal_a_bar_shows_counts_and_goes_away(kit, clock, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    observer = ProgressObserver(lambda: stream, clock)
    observer.started(2, 0)
    clock.seconds += 1
    observer.stored(kit.make_result("ann", Outcome.INTERNAL_ERROR))
    observer.stored(kit.make_result("ben"))
    observer.finished()
    shown = stream.getvalue()
    assert "2/2" in shown
    assert "1 to be graded anew" in shown
    assert "\x1b[2K" in shown
    assert shown.endswith("graded 2/2, 2.0/s, 1 not passed, 1 to be graded anew\n")
