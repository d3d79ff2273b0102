"""The helper that looks for leftovers finds them, and takes nobody else's for ours."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads what Linux tells")

# A grandchild whose parent has ended, in a session of its own.
DAEMON = """
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        signal.pause()
    os._exit(0)
os._exit(0)
"""
IPC_PRIVATE, IPC_CREAT, IPC_RMID = 0, 0o1000, 0


@pytest.fixture
def leftovers(support):
    return support("leftovers")


@pytest.fixture
def mark():
    return f"left-{uuid.uuid4().hex}"


def test_nothing_done_leaves_nothing(leftovers, tmp_path):
    baseline = leftovers.take(tmp_path)
    subprocess.run([sys.executable, "-c", "pass"], check=True)

    assert baseline.settled() == ()


def test_a_process_that_detached_itself_is_found_until_it_ends(leftovers, tmp_path):
    baseline = leftovers.take(tmp_path)
    with subprocess.Popen([sys.executable, "-S", "-c", DAEMON], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        parent.wait()
        found = baseline.left()
        os.kill(pid, 9)

    # the one between may be on its way out
    assert [line for line in found if line.startswith(f"process {pid} ") and "signal.pause" in line]
    assert baseline.settled() == ()


def test_a_file_is_found_in_our_folder_and_elsewhere_by_its_mark(leftovers, tmp_path, mark):
    baseline = leftovers.take(tmp_path, marks=[mark])
    places = (tmp_path / "deep" / "file", Path("/dev/shm", mark), Path("/dev/shm", mark[:-1]))
    (tmp_path / "deep").mkdir()
    try:
        for place in places:
            place.touch()
        found = baseline.left()
    finally:
        for place in places:
            place.unlink(missing_ok=True)

    assert found == tuple(f"file {place}" for place in (f"/dev/shm/{mark}", tmp_path / "deep", places[0]))


def test_what_was_there_before_is_no_leftover(leftovers, tmp_path):
    (tmp_path / "old").touch()

    assert leftovers.take(tmp_path).left() == ()


def test_shared_memory_is_found_after_its_maker_has_ended(leftovers, tmp_path):
    baseline = leftovers.take(tmp_path)
    code = f"import ctypes; print(ctypes.CDLL(None).shmget({IPC_PRIVATE}, 4096, {IPC_CREAT | 0o600}))"
    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    try:
        found = baseline.left()
    finally:
        ctypes.CDLL(None).shmctl(int(made.stdout), IPC_RMID, None)

    assert [line.rpartition(" with ")[0] for line in found] == [f"ipc shm {int(made.stdout)}"]
    assert baseline.left() == ()


def test_an_abstract_socket_is_found_by_its_mark(leftovers, tmp_path, mark):
    baseline = leftovers.take(tmp_path, marks=[mark])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{mark}")
        found = baseline.left()

    assert found == (f"socket @{mark}",)


def test_a_control_group_is_found_unless_it_is_of_another_living_process(leftovers, tmp_path, monkeypatch):
    monkeypatch.setattr(leftovers, "GROUPS_ROOT", tmp_path)
    baseline = leftovers.take()
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    for owner in (os.getpid(), os.getppid(), ended.pid):
        (tmp_path / "memory" / f"torchgrade-{owner}").mkdir(parents=True)

    assert baseline.left() == tuple(
        sorted(f"control group {tmp_path}/memory/torchgrade-{pid}" for pid in (os.getpid(), ended.pid))
    )
