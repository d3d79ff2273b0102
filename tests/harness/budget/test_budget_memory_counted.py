"""A budget of memory is measured only where no memory can be hidden from the count."""

from __future__ import annotations

import itertools
import sys

import pytest

from torchgrade.budget import growth as module
from torchgrade.budget.calibration import Calibration
from torchgrade.budget.comparison import Effort
from torchgrade.budget.lane import QuietLane
from torchgrade.budget.suite import BudgetSuite, Compared, Modules
from torchgrade.plugin import load_plugins
from torchgrade.remote import zygote as zygotes
from torchgrade.remote.cgroups import ControlGroups
from torchgrade.sandbox import Level

MIB = 1 << 20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing counts memory")


@pytest.fixture
def groupless(monkeypatch):
    """Have zygotes that are started from now on make no control groups."""
    monkeypatch.setattr(zygotes, "control_groups", lambda: ControlGroups(numbers=itertools.count()))


@pytest.fixture
def start(kit, tmp_path):
    """Start a zygote of some level, which is ended afterwards."""
    boxes = {sandbox.level: sandbox for _, sandbox in load_plugins().sandboxes}
    started = []

    def run(level):
        probe = boxes[level].probe()
        if not probe.works:
            pytest.skip(f"level {level} does not work here: {probe.reason}")
        started.append(kit.Track(boxes[level], tmp_path))
        return started[-1]

    yield run
    for track in started:
        track.end_all()
        track.zygote.close()


def suite(kit, track, calibrations=None):
    files = {"submission.py": kit.REFERENCE.encode()}
    return BudgetSuite(
        [],
        assignment=track.assignment,
        zygote=track.zygote,
        compared=Compared(modules=Modules(files=files, entries=["submission.py"]), calibrations=calibrations),
        lane=QuietLane(""),
        first_number=1,
        effort=Effort(),
    )


@pytest.mark.usefixtures("groupless")
@pytest.mark.parametrize("level", Level)
def test_without_control_groups_all_but_deleted_files_at_confined_is_counted(start, level):
    assert start(level).zygote.counts_memory == (level is not Level.CONFINED)


@pytest.mark.usefixtures("groupless")
def test_where_memory_could_be_hidden_it_is_not_graded(start, kit):
    track = start(Level.CONFINED)
    memory = track.comparison(kit.REFERENCE, measures="memory").budget
    clock = track.comparison(kit.REFERENCE).budget

    graded, at_home = suite(kit, track), suite(kit, track, {memory.name: Calibration(ratio=1.0, spread=0.0)})

    assert "memory could be hidden" in graded.why_not_measured(memory)
    assert graded.why_not_measured(clock) == ""
    assert at_home.why_not_measured(memory) == ""


@pytest.mark.usefixtures("groupless")
def test_files_in_memory_count_without_control_groups_too(start, kit):
    track = start(Level.ISOLATED)
    body = f"""
    with open("/dev/shm/held", "wb") as file:
        file.truncate({8 * MIB})
    files = [open(f"/tmp/{{n}}", "wb") for n in range(8)]
    for file in files:
        file.write(bytes({8 * MIB}))
    time.sleep(0.7)
    return 2 * x
    """

    measured = module.growth(track.comparison(kit.implementation(body), measures="memory"))

    assert measured.submission > 48 * MIB


@pytest.mark.parametrize(
    "idle, held, beyond",
    [((100,), (170,), 70), ((300, 100), (310, 180), 80), ((300, 100), (380, 90), 80), ((9, 9), (8, 7), 1)],
)
def test_figures_are_compared_each_with_its_own_kind(monkeypatch, idle, held, beyond):
    monkeypatch.setattr(module, "LEAST_BYTES", 1)

    assert module._beyond(idle, held) == beyond


def test_figures_of_different_kinds_are_none():
    with pytest.raises(ValueError, match="shorter"):
        module._beyond((100,), (100, 200))
