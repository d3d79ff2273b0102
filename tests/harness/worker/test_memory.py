"""All processes of a worker are counted together, and what they share with it once."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from torchgrade.worker.memory import ALLOWANCE_BYTES, INHERITED_BYTES, Memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks through /proc")

MIB = 1 << 20
HOLD = "import sys; held = bytearray(b'x') * ({mib} << 20); print(flush=True); sys.stdin.read()"
FORK = "import os, sys; os.fork(); os.fork(); " + HOLD
IN_A_THREAD = (
    "import subprocess, sys, threading\n"
    "def work(): subprocess.run([sys.executable, '-I', '-S', '-c', {inner!r}])\n"
    "thread = threading.Thread(target=work); thread.start(); thread.join()"
)
ORPHAN = "import os, sys\nif os.fork(): os._exit(0)\n" + HOLD


@pytest.fixture
def memory():
    memory = Memory.open()
    yield memory
    memory.close()


@pytest.fixture
def hold():
    """Start a program, and wait until as many processes of it hold what they shall hold."""
    started = []

    def start(program, processes=1):
        command = [sys.executable, "-I", "-S", "-c", program]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        for _ in range(processes):
            assert started[-1].stdout.readline() == b"\n"

    yield start
    for process in started:
        process.communicate()


def without_allowance(mib):
    return mib * MIB - ALLOWANCE_BYTES


def test_nothing_is_no_excess(memory):
    assert not memory.exceeds(without_allowance(1))


@pytest.mark.parametrize(
    "program, processes, mib",
    [
        (HOLD.format(mib=300), 1, 300),
        (FORK.format(mib=300), 4, 1_200),
        (IN_A_THREAD.format(inner=HOLD.format(mib=300)), 1, 300),
    ],
    ids=["one", "four", "started by a thread"],
)
def test_what_all_processes_hold_is_added_up(hold, program, processes, mib):
    memory = Memory(os.open("/proc", os.O_RDONLY), 0)
    memory.exceeds(0)
    before = memory.peak  # what other tests keep for later ones
    hold(program, processes)

    assert memory.exceeds(before + without_allowance(mib))
    assert not memory.exceeds(before + without_allowance(mib + 100))
    memory.close()


def test_orphans_are_counted_where_the_keeper_inherits_them():
    watch = (
        "import os, subprocess, sys\n"
        "from torchgrade.worker import linux\n"
        "from torchgrade.worker.memory import ALLOWANCE_BYTES, Memory\n"
        "linux.become_subreaper()\n"
        "memory = Memory.open()\n"
        f"child = subprocess.Popen([sys.executable, '-I', '-S', '-c', {ORPHAN.format(mib=300)!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); child.wait()\n"
        "print(memory.exceeds((200 << 20) - ALLOWANCE_BYTES), memory.exceeds((400 << 20) - ALLOWANCE_BYTES))"
    )
    told = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["True", "False"]


SHARE = """
import os
from torchgrade.worker.memory import ALLOWANCE_BYTES, Memory
held = bytearray(b"x") * (100 << 20)
memory = Memory.open()
ended, end = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        os.close(end)
        os.read(ended, 1)
        os._exit(0)
print(memory.exceeds((100 << 20) - ALLOWANCE_BYTES))
"""


def test_what_forked_processes_share_with_the_zygote_is_not_counted_again():
    told = subprocess.run([sys.executable, "-c", SHARE], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False"]


def test_many_new_programs_gain_little_by_it(hold):
    memory = Memory(os.open("/proc", os.O_RDONLY), 300 * MIB)
    hold(FORK.format(mib=290), 4)

    assert memory.exceeds(without_allowance(4 * 290 - INHERITED_BYTES // MIB - 60))
    memory.close()


def test_private_file_systems_count(memory, monkeypatch):
    blocks = {"/tmp": 30, "/dev/shm": 20}
    full = {
        path: SimpleNamespace(f_blocks=100, f_bfree=100 - used, f_frsize=MIB) for path, used in blocks.items()
    }
    monkeypatch.setattr(os, "statvfs", full.__getitem__)
    memory.count(*blocks)

    assert memory.exceeds(without_allowance(49))
    assert not memory.exceeds(without_allowance(50))
