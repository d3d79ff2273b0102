"""The quiet lane: who measures is alone, whichever process wants what, and whoever dies."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import torchgrade
from torchgrade.budget.lane import QuietLane

# Says when it wants in, when it is in, and leaves when it is told to.
PROGRAM = """
import sys
from torchgrade.budget.lane import QuietLane
lane = QuietLane(sys.argv[1])
print("wants", flush=True)
with getattr(lane, sys.argv[2])():
    print("in", flush=True)
    sys.stdin.readline()
"""


class Other:
    """Another process that takes its turn."""

    def __init__(self, path, how):
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path), how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(Path(torchgrade.__file__).parents[1])},
        )
        assert self.hear() == "wants"

    def hear(self):
        return self.process.stdout.readline().strip()

    def leave(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def waits(self):
        """Whether the kernel has it waiting for a lock."""
        waiting = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
        return any(line[1] == "->" and line[5] == str(self.process.pid) for line in waiting)

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lane"


@pytest.fixture
def other(path):
    started = []

    def start(how):
        started.append(Other(path, how))
        return started[-1]

    yield start
    for process in started:
        process.end()


def refused(path, kind):
    with path.open("ab") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize(
    "first, second", [("alone", "alone"), ("alone", "beside_others"), ("beside_others", "alone")]
)
def test_who_measures_shares_with_nobody(kit, other, first, second):
    one = other(first)
    assert one.hear() == "in"
    two = other(second)
    kit.until(two.waits, "the second waits for the first")
    one.leave()
    assert two.hear() == "in"


def test_who_runs_tests_shares_with_others_that_do(path, other):
    one, two = other("beside_others"), other("beside_others")
    assert (one.hear(), two.hear()) == ("in", "in")
    assert not refused(path, fcntl.LOCK_SH)
    assert refused(path, fcntl.LOCK_EX)


def test_who_is_killed_while_measuring_keeps_nobody_waiting(kit, other):
    one, two = other("alone"), other("beside_others")
    assert one.hear() == "in"
    kit.until(two.waits, "the second waits for the first")
    one.process.kill()
    assert two.hear() == "in"


@pytest.mark.parametrize("how", ["alone", "beside_others"])
def test_the_lane_is_free_again_after_a_failure(path, how):
    lane = QuietLane(str(path))
    with pytest.raises(ValueError, match="inside"), getattr(lane, how)():
        raise ValueError("inside")
    assert not refused(path, fcntl.LOCK_EX)


def test_waiting_is_counted(path, other):
    one = other("alone")
    assert one.hear() == "in"
    lane = QuietLane(str(path))
    assert lane.waited_seconds == 0

    entered = threading.Event()

    def wait():
        with lane.beside_others():
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    one.leave()
    thread.join()
    assert entered.is_set()
    assert lane.waited_seconds > 0


def test_without_others_there_is_nothing_to_lock():
    lane = QuietLane("")
    with lane.alone(), lane.alone():  # with a file the second would wait for the first
        pass
    assert lane.waited_seconds == 0
