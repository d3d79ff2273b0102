"""Memory from outside: what was ever held counts, whoever of a submission held it, and whenever."""

from __future__ import annotations

import pytest

from torchgrade.budget.comparison import Effort, TooSlow, WrongAnswerError
from torchgrade.budget.growth import FEWEST_RUNS, LEAST_BYTES, growth
from torchgrade.remote.cgroups import control_groups
from torchgrade.results import Outcome

MIB = 2**20
QUICK = Effort(seconds=0.0, width=0.1, call_seconds=20.0)


def holding(kit, mib):
    return kit.implementation(f"y = np.ones({mib} * 2**17)\nreturn 2 * x * y[0]")


@pytest.mark.parametrize("mib, ratio", [(2, 0.25), (8, 1.0), (32, 4.0)])
def test_the_ratio_is_that_of_what_is_held(track, kit, mib, ratio):
    measured = growth(track.comparison(holding(kit, mib), holding(kit, 8), effort=QUICK))
    assert 0.7 * ratio < measured.interval.ratio < 1.4 * ratio
    assert 0.8 * mib * MIB < measured.submission < 1.5 * mib * MIB
    assert measured.interval.count == FEWEST_RUNS


def test_arguments_do_not_count(track, kit):
    measured = growth(track.comparison(holding(kit, 32), holding(kit, 8), effort=QUICK, size=1_000))
    assert 2 < measured.interval.ratio < 5


@pytest.mark.parametrize(
    "body, before",
    [
        ("y = np.ones(4 * 2**20)\ndel y\nreturn 2 * x", ""),
        ("return 2 * x", "y = np.ones(4 * 2**20)\ndel y\n"),
        (
            "if os.fork() == 0:\n    y = np.ones(4 * 2**20)\n    os._exit(0)\nos.wait()\nreturn 2 * x",
            "import os\n",
        ),
        ("y = mmap.mmap(-1, 2**25)\ny.write(b'1' * 2**25)\nreturn 2 * x", "import mmap\n"),
    ],
    ids=["given back", "at import", "in a child", "in a mapping"],
)
def test_it_counts_wherever_it_was_held(track, kit, body, before):
    if not control_groups().hierarchies:
        pytest.skip("there are no control groups: what is held for a moment may go unseen")
    measured = growth(track.comparison(kit.implementation(body, before), holding(kit, 8), effort=QUICK))
    assert measured.submission > 0.9 * 32 * MIB
    assert measured.interval.low > 2


GROWING = """
kept = []
for count in range(40):
    y = np.ones(2**14 * (1 + count))
    kept.append(np.ones(1_000))
    del y
return 2 * x
"""


def test_what_was_freed_does_not_count_though_something_small_lies_behind_it(track, kit):
    """One of up to 5 MiB at a time; a heap with a hole of each size would take a hundred."""
    before = "y = np.empty(2**22)\ndel y\n"  # after this glibc would put the others onto the heap
    measured = growth(track.comparison(kit.implementation(GROWING, before), holding(kit, 8), effort=QUICK))
    assert 5 * MIB < measured.submission < 12 * MIB


def test_what_takes_next_to_nothing_takes_the_least(track, kit):
    measured = growth(track.comparison(kit.implementation("return 2 * x"), holding(kit, 8), effort=QUICK))
    assert LEAST_BYTES <= measured.submission < MIB


@pytest.mark.parametrize(
    "body, outcome",
    [
        ("return x", Outcome.FAILED),
        ("raise ValueError('no')", Outcome.ERROR),
        ("return np.ones(2**40)", Outcome.MEMORY),
        ("import os\nos._exit(0)", Outcome.ERROR),
    ],
)
def test_every_answer_is_verified(track, kit, body, outcome):
    with pytest.raises(WrongAnswerError) as caught:
        growth(track.comparison(kit.implementation(body), holding(kit, 8), effort=QUICK))
    assert caught.value.failure.outcome is outcome


def test_what_takes_much_too_long_is_stopped(track, kit):
    with pytest.raises(TooSlow):
        growth(track.comparison(kit.implementation("time.sleep(60)"), holding(kit, 8), effort=QUICK))


def test_each_run_is_of_fresh_workers_that_are_gone_afterwards(track, kit):
    growth(track.comparison(holding(kit, 8), holding(kit, 8), effort=QUICK))
    assert len(track.started) == 3 * FEWEST_RUNS
    assert not any(worker.alive for worker in track.started)


QUADRATIC = """
x = x[:, :32]
scores = x @ x.T
weights = np.exp(scores - scores.max(axis=1, keepdims=True))
weights /= weights.sum(axis=1, keepdims=True)
return weights @ x
"""
IN_BLOCKS = """
x = x[:, :32]
found = np.empty_like(x)
for start in range(0, len(x), {block}):
    scores = x[start:start + {block}] @ x.T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    found[start:start + {block}] = weights / weights.sum(axis=1, keepdims=True) @ x
return found
"""


def test_a_square_of_the_length_is_told_from_a_multiple_of_it(any_track, kit):
    """Attention over 768 positions: all weights at once take 4.5 MiB and their copies."""
    reference = kit.implementation(IN_BLOCKS.format(block=32))
    limits = {"full_marks": 2.5, "zero_marks": 10.0, "measures": "memory", "effort": QUICK}

    def ratio(body):
        found = growth(any_track.comparison(kit.implementation(body), reference, size=768, **limits))
        return found.interval

    honest, square = ratio(IN_BLOCKS.format(block=24)), ratio(QUADRATIC)
    assert honest.high < limits["full_marks"]
    assert square.low > limits["full_marks"]
