"""What is stopped is really stopped, whatever it does against it, and it is known if it ran."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

import torchgrade
from torchgrade.worker.halt import DID_NOT_STOP, RAN_MEANWHILE, Halt

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks through /proc")

SECONDS = 60.0
# Counts up in a file for as long as it runs.
COUNT = """
def count(place):
    import mmap
    file = os.open(sys.argv[1], os.O_RDWR)
    counts = mmap.mmap(file, 4096)
    while True:
        counts[place] = (counts[place] + 1) % 256
        yield
"""
ALONE = "for _ in count(0): pass"
THREADS = """
for place in range(3):
    threading.Thread(target=lambda place=place: [None for _ in count(place)]).start()
"""
DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
for _ in count(0): pass
"""
WAKING_THE_FIRST = """
worker = os.getpid()
if os.fork() == 0:
    os.setsid()
    while True:
        os.kill(worker, signal.SIGCONT)
for _ in count(0): pass
"""
WAKING_ONE_ANOTHER = """
ends = [os.pipe() for _ in range(2)]
pids = []
for place in range(2):
    pids.append(os.fork())
    if pids[-1] == 0:
        os.setsid()
        other = int(os.read(ends[place][0], 20))
        for _ in count(place):
            os.kill(other, signal.SIGCONT)
for place in range(2):
    os.write(ends[place][1], str(pids[1 - place]).encode())
signal.pause()
"""
FORKING = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
held = bytearray(b"x") * (32 << 20)
for _ in count(0):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number, _ in enumerate(count(1)):
                if number == 100: os._exit(0)
        os._exit(0)
"""
IN_THE_KERNEL = """
import mmap
for _ in count(0):
    mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()
"""
PROGRAMS = {
    "alone": ALONE,
    "threads": THREADS,
    "daemon": DAEMON,
    "waking the first": WAKING_THE_FIRST,
    "waking one another": WAKING_ONE_ANOTHER,
    "forking": FORKING,
    "in the kernel": IN_THE_KERNEL,
}
KEEPER = """
import json, mmap, os, signal, subprocess, sys, time
from pathlib import Path
from torchgrade.worker import halt as halts
program, steps, place, seconds = sys.argv[1], sys.argv[2].split(), sys.argv[3], float(sys.argv[4])
with open(place, "wb") as file: file.truncate(4096)
counts = mmap.mmap(os.open(place, os.O_RDWR), 4096)
from torchgrade.worker import linux
linux.become_subreaper()
halt = halts.Halt.open(namespaces=False)
worker = subprocess.Popen([sys.executable, "-c", program, place], start_new_session=True)

def see_it_run():
    before, deadline = counts[:], time.monotonic() + seconds
    while counts[:] == before and time.monotonic() < deadline: time.sleep(0.001)
    return counts[:] != before

def see_it_rest():
    before = counts[:], halt._look()
    looks = [(counts[:], halt._look()) for _ in range(100)]
    return all(look == before for look in looks)

def do_not_stop():
    halts.MOST_SECONDS = 0.01
    halt._signal = lambda number, worker: None
    return halt.stop(worker.pid)

DO = {
    "run?": see_it_run, "rest?": see_it_rest, "stop": lambda: halt.stop(worker.pid),
    "go": lambda: halt.let_go(worker.pid), "wake": lambda: worker.send_signal(signal.SIGCONT),
    "stop-in-vain": do_not_stop,
}
found = [DO[step]() for step in steps]
from torchgrade.worker.processes import descendants
while left := list(descendants()):
    for process in left:
        try: os.kill(process, signal.SIGKILL)
        except ProcessLookupError: pass
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
    except ChildProcessError: pass
print(json.dumps(found))
"""


@pytest.fixture
def do(tmp_path):
    """Have a keeper start a program and do some steps; return what came of each."""

    def run(program, *steps):
        whole = f"import os, signal, subprocess, sys, threading\n{COUNT}\n{program}"
        path = str(Path(torchgrade.__file__).parents[1])
        command = [
            sys.executable,
            "-c",
            KEEPER,
            whole,
            " ".join(steps),
            str(tmp_path / "counts"),
            str(SECONDS),
        ]
        ended = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path}
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_of_it_runs_until_it_may(do, name):
    steps = ["run?", "stop", "rest?", "go", "run?", "stop", "rest?", "go", "run?"]

    assert do(PROGRAMS[name], *steps) == [True, "", True, "", True, "", True, "", True]


def test_it_is_known_if_it_ran_meanwhile(do):
    assert do(ALONE, "run?", "stop", "wake", "run?", "go") == [True, "", None, True, RAN_MEANWHILE]


def test_what_does_not_stop_is_not_waited_for_without_end(do):
    assert do(ALONE, "run?", "stop-in-vain") == [True, DID_NOT_STOP]


@pytest.mark.parametrize(
    "states, stops", [("T", True), ("TZ", True), ("TD", True), ("TS", False), ("RT", False)]
)
def test_a_thread_is_at_rest_unless_it_may_go_on_by_itself(monkeypatch, states, stops):
    monkeypatch.setattr("torchgrade.worker.halt.MOST_SECONDS", 0.2)
    halt = Halt(None, namespaces=False)
    monkeypatch.setattr(halt, "_signal", Mock())
    monkeypatch.setattr(halt, "_look", lambda: {(7, str(n)): (state, 0) for n, state in enumerate(states)})

    assert halt.stop(7) == ("" if stops else DID_NOT_STOP)


MILLISECOND = 1_000_000


@pytest.mark.parametrize(
    "later, ran",
    [
        ({(7, "7"): ("T", 100)}, False),
        ({(7, "7"): ("T", 100_000)}, False),  # the last steps before a stopped thread is off its core
        ({(7, "7"): ("T", 3 * MILLISECOND)}, True),
        ({(7, "7"): ("R", 100)}, True),
        ({(7, "7"): ("S", 100)}, True),
        ({(7, "7"): ("T", 100), (8, "8"): ("T", 90_000)}, False),
        ({(7, "7"): ("T", 100), (8, "8"): ("T", 3 * MILLISECOND)}, True),
        ({}, False),
    ],
    ids=["as it was", "last steps", "ran", "runs", "sleeps", "late child", "late child that ran", "killed"],
)
def test_what_did_next_to_nothing_did_not_run(monkeypatch, later, ran):
    looks = [{(7, "7"): ("T", 100)}] * 2
    halt = Halt(None, namespaces=False)
    monkeypatch.setattr(halt, "_signal", Mock())
    monkeypatch.setattr(halt, "_look", lambda: looks.pop() if looks else later)
    assert halt.stop(7) == ""
    assert halt.let_go(7) == (RAN_MEANWHILE if ran else "")


def test_a_disk_that_answers_later_is_no_running(monkeypatch):
    """A thread that waited for it when the others stopped is stopped once it goes on."""
    waits, stopped = {(7, "7"): ("D", 100)}, {(7, "7"): ("T", 60_000)}
    monkeypatch.setattr("torchgrade.worker.halt._WAIT_SECONDS", 0.0)
    looks = [waits] * 9
    halt = Halt(None, namespaces=False)
    monkeypatch.setattr(halt, "_signal", Mock())
    monkeypatch.setattr(halt, "_look", looks.pop)
    assert halt.stop(7) == ""
    looks[:] = [stopped]
    assert halt.let_go(7) == ""
