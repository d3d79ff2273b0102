"""Which cores are measured on, and staying there."""

from __future__ import annotations

import os

import pytest

from torchgrade.budget import cores as module
from torchgrade.budget.cores import Cores, most_cores, staying_on
from torchgrade.worker.config import MOST_CORES

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")


@pytest.fixture
def machine(monkeypatch):
    """A machine whose cores were busy for so many ticks, look by look; the looks are recorded."""
    looks = []

    def make(*loads, allowed=(0, 1, 2, 3)):
        left = list(loads)

        def load(seconds):
            looks.append(seconds)
            return dict(zip(allowed, left.pop(0), strict=True))

        monkeypatch.setattr(module, "_load", load)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(allowed))
        return looks

    return make


def test_the_least_busy_are_chosen(machine):
    machine([9, 0, 5, 7])
    assert Cores().choose(2) == (1, 2)


def test_of_equal_ones_the_last_are_chosen(machine):
    machine([0, 0, 0, 0])
    assert Cores().choose(2) == (3, 2)


def test_only_cores_of_this_process_are_chosen(machine):
    machine([50, 50], allowed=(4, 6))
    assert set(Cores().choose(2)) == {4, 6}


def test_what_proved_quiet_is_used_again_after_a_glance(machine):
    looks = machine([0, 9, 9, 9], [0, 0, 0, 0])
    cores = Cores()
    cores.prove(cores.choose(1), quiet=True)
    assert cores.choose(1) == (0,)
    assert looks[1] < looks[0]


@pytest.mark.parametrize("quiet, glance", [(False, []), (True, [[5, 0, 0, 0]])])
def test_what_did_not_prove_quiet_or_is_busy_now_is_given_up(machine, quiet, glance):
    machine([0, 9, 9, 9], *glance, [9, 9, 0, 9])
    cores = Cores()
    cores.prove(cores.choose(1), quiet=quiet)
    assert cores.choose(1) == (2,)


def test_for_another_number_of_cores_it_looks_anew(machine):
    looks = machine([0, 9, 9, 9], [0, 9, 9, 1])
    cores = Cores()
    cores.prove(cores.choose(1), quiet=True)
    assert cores.choose(2) == (0, 3)
    assert looks[0] == looks[1]


def test_what_this_machine_does_is_seen():
    """Seen from here: the core that this test keeps busy is busier than before."""
    before = module._busy()
    assert set(os.sched_getaffinity(0)) <= set(before)
    while sum(module._busy().values()) <= sum(before.values()):
        sum(range(10_000))
    assert all(module._busy()[core] >= before[core] for core in before)


def test_there_are_as_many_as_can_be_pinned_at_most():
    assert most_cores() == min(len(os.sched_getaffinity(0)), MOST_CORES)


def test_a_thread_stays_and_is_let_go_again():
    before = os.sched_getaffinity(0)
    core = max(before)
    with staying_on((core,)):
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before


def test_a_thread_is_let_go_after_a_failure_too():
    before = os.sched_getaffinity(0)
    with pytest.raises(ZeroDivisionError), staying_on((max(before),)):
        _ = 1 / 0
    assert os.sched_getaffinity(0) == before


def test_without_cores_nothing_changes():
    before = os.sched_getaffinity(0)
    with staying_on(()):
        assert os.sched_getaffinity(0) == before
