"""A batch that is stopped, by whatever: nothing stored is lost or graded twice, and no process is left."""

from __future__ import annotations

import contextlib
import random
import signal
import threading

import psutil
import pytest

from torchgrade.errors import UsageError
from torchgrade.store import read_store

NAMES = [f"s{number:02}" for number in range(24)]


def stored(out):
    with read_store(out) as store:
        return {result.submission_id: result for result in store.results()}


@pytest.fixture
def waiting_batch(kit, workplace):
    """A running batch that has stored six results and is in the middle of two more."""
    behaviours = {name: "pass" if name < "s06" else "slow" for name in NAMES}
    folder = kit.make_class(workplace.folder / "class", behaviours)
    process = workplace.start(folder, "--workers", "2")
    _until(lambda: len(workplace.logged("begin")) >= 8, process)
    yield folder, process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_batch_that_is_asked_to_stop_stops_and_resumes(kit, workplace, waiting_batch, number, status):
    folder, process = waiting_batch
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 2

    process.send_signal(number)
    _, err = process.communicate()

    assert process.returncode == status
    assert "run the same command again to resume" in err
    assert "Traceback" not in err
    assert kit.alive([child.pid for child in children]) == []
    assert sorted(stored(workplace.out)) == NAMES[:6]

    workplace.go.touch()
    assert workplace.grade(folder).returncode == 0
    assert sorted(stored(workplace.out)) == NAMES
    assert all(workplace.logged("begin").count(name) == 1 for name in NAMES[:6])


def test_nohup_is_heeded(kit, workplace):
    folder = kit.make_class(workplace.folder / "class", {"a": "slow"})
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = workplace.start(folder)
    finally:
        signal.signal(signal.SIGHUP, before)
    _until(lambda: workplace.logged("begin"), process)
    process.send_signal(signal.SIGHUP)
    workplace.go.touch()
    process.communicate()
    assert process.returncode == 0


def test_a_batch_that_is_killed_leaves_no_process(kit, workplace, waiting_batch):
    _, process = waiting_batch
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert len(children) == 2

    process.kill()
    process.wait()

    _until(lambda: not kit.alive(children))
    assert sorted(stored(workplace.out)) == NAMES[:6]


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_killed_at_random_moments_ends_as_an_undisturbed_one(kit, workplace, tmp_path, seed):
    chance = random.Random(seed)
    behaviours = {name: chance.choice(["pass", "lose", "die-once"]) for name in NAMES}
    folder = kit.make_class(workplace.folder / "class", behaviours)
    arguments = (folder, "--workers", "2", "--seed", kit.SEED)
    expected = {name: 50 if behaviour == "lose" else 100 for name, behaviour in behaviours.items()}

    graded_before_kill = set()
    for _ in range(4):
        workplace.log.write_text("")
        process = workplace.start(*arguments)
        enough = chance.randrange(0, 8)
        _until(lambda: len(workplace.logged("begin")) >= enough or process.poll() is not None)  # noqa: B023
        process.kill()
        process.communicate()
        assert not graded_before_kill & set(workplace.logged("begin"))
        with contextlib.suppress(UsageError):  # it was killed before it had a store
            graded_before_kill |= set(stored(workplace.out))

    workplace.log.write_text("")
    assert workplace.grade(*arguments).returncode == 1
    assert not graded_before_kill & set(workplace.logged("begin"))
    assert {name: result.score for name, result in stored(workplace.out).items()} == expected
    again = tmp_path / "undisturbed"
    workplace.log.write_text("")
    assert workplace.grade(*arguments, out=again).returncode == 1
    assert stored(again) == stored(workplace.out)


def _until(condition, process=None):
    """Wait for what must come: the runner's own limit is the only one."""
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        threading.Event().wait(0.01)
