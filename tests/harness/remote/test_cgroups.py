"""Control groups: what they limit, who may enter them, and that none is left."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from torchgrade.remote.cgroups import ControlGroups, Group, control_groups
from torchgrade.remote.hierarchies import Hierarchy, find_hierarchies
from torchgrade.worker.memory import ALLOWANCE_BYTES
from torchgrade_plugins.executors.process import GradingProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has control groups")

MIB = 1024 * 1024
ENTER = (
    "import os, signal, sys\nfor number in sys.argv[1:]: os.write(int(number), b'0'); os.close(int(number))\n"
)
USE_MEMORY = """
def use(megabytes):
    held = bytearray(megabytes << 20)
    held[::4096] = bytes(len(range(0, len(held), 4096)))
    return held
"""
IN_NEW_NAMESPACES = "from torchgrade.worker import linux\nlinux.enter_namespaces()\n"


@pytest.fixture
def groups():
    found = control_groups()
    if not found.hierarchies:
        pytest.skip(f"control groups: {found}")
    return found


@pytest.fixture
def second():
    """A hierarchy of version 2 in which groups can be made, whatever its controllers are."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    places = [Path(line.split()[4]) for line in lines if " - cgroup2 " in line]
    if not places or not os.access(places[-1] / "cgroup.procs", os.W_OK) or os.geteuid() != 0:
        pytest.skip("no groups of version 2 can be made here")
    return Hierarchy(version=2, base=places[-1], controllers=frozenset())


def folders(groups, name):
    return [place for each in groups.hierarchies for place in each.base.glob(f"{name}*")]


def cleared(groups, name, known=frozenset()):
    """Clear until nothing of this name is left but what is known: others may be at it and hold the lock."""
    deadline = time.monotonic() + 20
    while set(folders(groups, name)) - known and time.monotonic() < deadline:
        groups.clear(1)
    return not set(folders(groups, name)) - known


def start(group, code, *, before=""):
    """Start code in the group; ``before`` runs outside of it."""
    command = [sys.executable, "-c", before + ENTER + code, *map(str, group.entrances)]
    return subprocess.Popen(
        command, pass_fds=group.entrances, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_memory_is_limited_for_all_processes_together(groups):
    group = groups.make(ALLOWANCE_BYTES, 16)
    code = f"""{USE_MEMORY}
children = []
for _ in range(8):
    child = os.fork()
    if child == 0:
        held = use(64)
        signal.pause()
        os._exit(0)
    children.append(child)
print([os.waitpid(-1, 0)[1] for _ in range(4)], flush=True)
"""
    try:
        before = group.ran_out_of_memory
        with start(group, code) as child:
            told = child.stdout.readline()
            after = group.ran_out_of_memory
    finally:
        group.end()

    assert (before, after) == (False, True)
    # The kernel ends what it finds first: some of the children, or the one that waits for them.
    assert told in {"[9, 9, 9, 9]\n", ""}


def test_what_stays_within_the_limit_runs(groups):
    group = groups.make(ALLOWANCE_BYTES, 16)
    try:
        with start(group, f"{USE_MEMORY}\nuse(64); print('done')") as child:
            told, errors = child.communicate()
        ran_out = group.ran_out_of_memory
    finally:
        group.end()

    assert (told, errors, ran_out) == ("done\n", "", False)


def test_processes_and_threads_are_counted_together(groups):
    group = groups.make(MIB, 5)
    code = """
import threading
stop = threading.Event()
for _ in range(2):
    threading.Thread(target=stop.wait).start()
number = 3
try:
    while True:
        if os.fork() == 0:
            signal.pause()
            os._exit(0)
        number += 1
except BlockingIOError:
    print(number, flush=True)
os._exit(0)
"""
    try:
        with start(group, code) as child:
            told = child.stdout.readline()
    finally:
        group.end()

    assert told == "5\n"


@pytest.mark.parametrize("before", ["", IN_NEW_NAMESPACES], ids=["here", "in new namespaces"])
def test_a_group_goes_with_what_is_in_it(groups, before):
    mine = f"torchgrade-{os.getpid()}-"
    known = frozenset(folders(groups, mine))  # of workers that other tests keep for later ones
    group = groups.make(MIB, 16)
    with start(group, "print('in', flush=True); signal.pause()", before=before) as child:
        told = child.stdout.readline() or child.stderr.read()
        if "OSError" in told:
            group.end()
            pytest.skip("namespaces are refused here")
        group.end()
        status = child.wait()

    assert (told, status) == ("in\n", -9)
    assert cleared(groups, mine, known)


def test_a_group_of_version_2_is_entered_through_a_descriptor_from_new_namespaces(second):
    name = f"torchgrade-{os.getpid()}-{uuid.uuid4().hex}"
    group = Group((second,), name, MIB, 16)
    with start(group, "print('in', flush=True); signal.pause()", before=IN_NEW_NAMESPACES) as child:
        told = child.stdout.readline()
        inside = (second.base / name / "cgroup.procs").read_text().split()
        group.end()
        status = child.wait()
    gone = cleared(ControlGroups(hierarchies=(second,), numbers=itertools.count()), name)

    assert told == "in\n"
    assert inside == [str(child.pid)]
    assert status == -9
    assert gone


def test_the_groups_of_a_killed_grader_are_cleared_and_those_of_a_living_one_stay(groups):
    code = """
import signal, time
from torchgrade.remote.cgroups import control_groups
group = control_groups().make(1 << 20, 4)
child = os.fork()
if child == 0:
    for entrance in group.entrances: os.write(entrance, b'0')
    os.setsid()
    print(os.getppid(), os.getpid(), flush=True)
    os.closerange(1, 100)
    signal.pause()
signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", f"import os\n{code}"], stdout=subprocess.PIPE, text=True
    ) as grader:
        name = f"torchgrade-{grader.pid}-"
        inside = int(grader.stdout.readline().split()[1])
        groups.clear()
        while_alive = folders(groups, name)
        grader.kill()
        grader.wait()
        gone = cleared(groups, name)

    assert len(while_alive) == len(groups.hierarchies)
    assert gone
    assert not Path(f"/proc/{inside}").exists() or "Z" in Path(f"/proc/{inside}/stat").read_text()


def test_what_a_killed_grading_process_leaves_in_a_group_is_ended_by_who_supervises_it(groups, tmp_path):
    told = tmp_path / "told"
    code = f"""
import os, signal
from pathlib import Path
from torchgrade.remote.cgroups import control_groups
group = control_groups().make(1 << 20, 4)
if os.fork() == 0:
    os.setsid()
    for entrance in group.entrances: os.write(entrance, b"0")
    os.closerange(3, 100)
    Path({str(told)!r}).write_text(f"{{os.getppid()}} {{os.getpid()}}\\n")
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    signal.pause()
"""
    process = GradingProcess([sys.executable, "-c", code])
    try:
        while not (told.exists() and told.read_text().endswith("\n")):
            time.sleep(0.01)
        grader, inside = map(int, told.read_text().split())
        before = folders(groups, f"torchgrade-{grader}-")
    finally:
        status = process.end(tidily=False)

    assert status == "was killed by SIGKILL"
    assert len(before) == len(groups.hierarchies)
    assert cleared(groups, f"torchgrade-{grader}-")
    assert not Path(f"/proc/{inside}").exists() or "Z" in Path(f"/proc/{inside}/stat").read_text()


def test_a_name_that_is_taken_is_passed_over(groups):
    taken = [each.base / f"torchgrade-{os.getpid()}-7777" for each in groups.hierarchies]
    for place in taken:
        place.mkdir()
    try:
        group = ControlGroups(hierarchies=groups.hierarchies, numbers=itertools.count(7777)).make(MIB, 4)
        made = folders(groups, f"torchgrade-{os.getpid()}-7778")
        group.end()
    finally:
        for place in taken:
            place.rmdir()

    assert len(made) == len(taken)


def test_where_none_can_be_made_a_worker_goes_without_and_it_is_said(caplog, tmp_path):
    gone = Hierarchy(version=2, base=tmp_path / "gone", controllers=frozenset())
    assert ControlGroups(hierarchies=(gone,), numbers=itertools.repeat(0)).make(MIB, 4) is None
    assert "without a control group" in caplog.text
    assert str(ControlGroups(reason="no rights", numbers=itertools.count())) == "none: no rights"


def test_what_is_found_here_is_a_group_of_this_process():
    groups = control_groups()
    if not groups.hierarchies:
        assert groups.reason
        assert groups.advice or "cannot be used" in groups.reason
    for each in groups.hierarchies:
        pids = (each.base / "cgroup.procs").read_text().split()
        home = each.base / f"torchgrade-home-{os.getpid()}"
        assert str(os.getpid()) in pids or home.exists()
    assert groups.hierarchies == () or find_hierarchies()[0].version == groups.hierarchies[0].version
