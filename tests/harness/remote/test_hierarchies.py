"""Where control groups can be made: told from files as the kernel writes them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from torchgrade.remote import hierarchies
from torchgrade.remote.hierarchies import Hierarchy, NoGroupsError, find_hierarchies

OTHER = 1  # no descendant of any test


class FakeKernel:
    """A tree of groups in a folder: what is written to its files has the kernel's effects."""

    def __init__(self, folder):
        self.root = folder / "cgroup with space"
        self.process = folder / "process"
        self.process.mkdir()

    def group(self, path, pids=(), controllers="cpu memory pids", subtree=""):
        place = self.root / path
        place.mkdir(parents=True, exist_ok=True)
        for name, text in {
            "cgroup.procs": "".join(f"{pid}\n" for pid in pids),
            "cgroup.controllers": controllers,
            "cgroup.subtree_control": subtree,
        }.items():
            (place / name).write_text(text)
        return place

    def in_group(self, *lines, mounts=()):
        (self.process / "cgroup").write_text("".join(f"{line}\n" for line in lines))
        base = "22 27 0:21 / /proc rw,relatime - proc proc rw"
        spaced = [line.replace("ROOT", str(self.root).replace(" ", r"\040")) for line in mounts]
        (self.process / "mountinfo").write_text("\n".join([base, *spaced, ""]))

    def in_second(self, path, root="/"):
        self.in_group(f"0::{path}", mounts=[f"30 23 0:26 {root} ROOT rw - cgroup2 cgroup2 rw,nsdelegate"])

    def write(self, path, text):
        if path.name == "cgroup.subtree_control":
            if (path.parent / "cgroup.procs").read_text().split():
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            path.write_text(text.replace("+", ""))
        elif path.name == "cgroup.procs":
            for other in self.root.rglob("cgroup.procs"):
                other.write_text("".join(f"{pid}\n" for pid in other.read_text().split() if pid != text))
            with path.open("a") as file:
                file.write(f"{text}\n")
        else:
            path.write_text(text)


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    fake = FakeKernel(tmp_path)
    monkeypatch.setattr(hierarchies, "_write", fake.write)
    return fake


def test_version_1_has_a_group_for_memory_and_one_for_processes(kernel):
    for path in ("memory/job/7", "pids"):
        kernel.group(path)
    kernel.in_group(
        *("8:pids:/", "4:memory:/job/7", "0::/"),
        mounts=[
            "35 31 0:32 / ROOT/memory rw - cgroup cgroup rw,memory",
            "39 31 0:36 / ROOT/pids rw - cgroup cgroup rw,pids",
        ],
    )

    assert find_hierarchies(kernel.process) == (
        Hierarchy(version=1, base=kernel.root / "memory/job/7", controllers=frozenset({"memory"})),
        Hierarchy(version=1, base=kernel.root / "pids", controllers=frozenset({"pids"})),
    )


def test_in_a_container_the_mounted_group_is_the_own_one(kernel):
    for path in ("memory/inner", "pids"):
        kernel.group(path)
    kernel.in_group(
        *("8:pids:/docker/abc", "4:cpu,memory:/docker/abc/inner"),
        mounts=[
            "35 31 0:32 /docker/abc ROOT/memory rw - cgroup cgroup rw,cpu,memory",
            "39 31 0:36 /docker/abc ROOT/pids rw - cgroup cgroup rw,pids",
        ],
    )

    memory, pids = find_hierarchies(kernel.process)
    assert (memory.base, pids.base) == (kernel.root / "memory/inner", kernel.root / "pids")


def test_limits_that_do_not_nest_are_none(kernel):
    for path in ("memory", "pids"):
        kernel.group(path)
    (kernel.root / "memory" / "memory.use_hierarchy").write_text("0\n")
    kernel.in_group(
        *("8:pids:/", "4:memory:/"),
        mounts=[
            "35 31 0:32 / ROOT/memory rw - cgroup cgroup rw,memory",
            "39 31 0:36 / ROOT/pids rw - cgroup cgroup rw,pids",
        ],
    )

    with pytest.raises(NoGroupsError, match="do not nest"):
        find_hierarchies(kernel.process)


def test_in_a_group_of_its_own_it_moves_aside_with_all_it_has_started(kernel):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        own = kernel.group("user/scope", pids=[os.getpid(), child.pid])
        kernel.in_second("/user/scope")
        (found,) = find_hierarchies(kernel.process)
        home = own / f"torchgrade-home-{os.getpid()}"
        moved = home.joinpath("cgroup.procs").read_text().split()
        child.communicate(b"\n")

    assert found == Hierarchy(version=2, base=own, controllers=frozenset({"memory", "pids"}))
    assert set(moved) == {str(os.getpid()), str(child.pid)}
    assert (own / "cgroup.procs").read_text() == ""
    assert (own / "cgroup.subtree_control").read_text().split() == ["memory", "pids"]


def test_what_it_has_started_finds_the_same_place(kernel):
    own = kernel.group("scope", subtree="memory pids")
    kernel.group("scope/torchgrade-home-9", pids=[os.getpid()], controllers="memory pids")
    kernel.in_second("/scope/torchgrade-home-9")

    assert find_hierarchies(kernel.process)[0].base == own


def test_a_group_with_another_process_in_it_stays_as_it_is(kernel):
    own = kernel.group("session", pids=[os.getpid(), OTHER])
    kernel.in_second("/session")

    with pytest.raises(NoGroupsError, match="other processes") as refused:
        find_hierarchies(kernel.process)
    assert "by itself" in refused.value.advice
    assert (own / "cgroup.procs").read_text().split() == [str(os.getpid()), str(OTHER)]
    assert [place for place in own.iterdir() if place.is_dir()] == []


def test_a_group_with_groups_of_others_in_it_stays_as_it_is(kernel):
    kernel.group("session/theirs")
    kernel.group("session", pids=[os.getpid()])
    kernel.in_second("/session")

    with pytest.raises(NoGroupsError, match="holds other groups"):
        find_hierarchies(kernel.process)


def test_a_group_without_the_controllers_is_no_use(kernel):
    kernel.group("scope", pids=[os.getpid()], controllers="cpu pids")
    kernel.in_second("/scope")

    with pytest.raises(NoGroupsError, match="no controllers"):
        find_hierarchies(kernel.process)


def test_when_the_group_cannot_be_divided_all_go_back(kernel, monkeypatch):
    own = kernel.group("scope", pids=[os.getpid()])
    kernel.in_second("/scope")

    def refuse(path, text):
        if path.name == "cgroup.subtree_control":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        kernel.write(path, text)

    monkeypatch.setattr(hierarchies, "_write", refuse)

    with pytest.raises(NoGroupsError, match="cannot be divided"):
        find_hierarchies(kernel.process)
    assert (own / "cgroup.procs").read_text().split() == [str(os.getpid())]


@pytest.mark.parametrize("path", ["/../elsewhere", "/elsewhere"])
def test_a_group_that_is_not_in_sight_is_none(kernel, path):
    kernel.group("", pids=[os.getpid()])
    kernel.in_second(path, root="/docker/abc")

    with pytest.raises(NoGroupsError, match="in sight"):
        find_hierarchies(kernel.process)


def test_without_proc_there_are_none(tmp_path):
    with pytest.raises(NoGroupsError, match="in sight"):
        find_hierarchies(tmp_path)


def test_the_files_of_version_2_hold_the_limits(tmp_path):
    place = tmp_path / "torchgrade-1-1"
    place.mkdir()
    names = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max")
    for name in names:
        (place / name).touch()
    (place / "memory.events").write_text("low 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n")
    hierarchy = Hierarchy(version=2, base=tmp_path, controllers=frozenset({"memory", "pids"}))

    hierarchy.limit(place, 123, 7)

    assert [(place / name).read_text() for name in names] == ["123", "0", "1", "7"]
    assert hierarchy.memory_kills(place) == 2
    assert hierarchy.memory_kills(Path("/gone")) == 0


@pytest.mark.parametrize("version, name", [(1, "memory.max_usage_in_bytes"), (2, "memory.peak")])
def test_the_most_that_a_group_held_is_known_where_the_kernel_notes_it(tmp_path, version, name):
    hierarchy = Hierarchy(version=version, base=tmp_path, controllers=frozenset({"memory"}))
    assert (hierarchy.tells_peak(tmp_path), hierarchy.memory_peak(tmp_path)) == (False, 0)

    (tmp_path / name).write_text("4096\n")

    assert (hierarchy.tells_peak(tmp_path), hierarchy.memory_peak(tmp_path)) == (True, 4096)
    without = Hierarchy(version=version, base=tmp_path, controllers=frozenset({"pids"}))
    assert (without.tells_peak(tmp_path), without.memory_peak(tmp_path)) == (False, 0)


@pytest.mark.parametrize("version", [1, 2])
def test_a_missing_limit_is_an_error_and_not_a_new_file(tmp_path, version):
    hierarchy = Hierarchy(version=version, base=tmp_path, controllers=frozenset({"memory"}))

    with pytest.raises(FileNotFoundError):
        hierarchy.limit(tmp_path, 123, 7)
    assert list(tmp_path.iterdir()) == []
