"""Two workers that live at the same time: one leaves or tries something, the other looks, and finds nothing.

Where a level does not hold a channel back it must be found: that shows that looking works.
"""

from __future__ import annotations

import ctypes
import dataclasses
import importlib.util
import os
import platform
import sys
import textwrap
import uuid
from pathlib import Path

import psutil
import pytest

from torchgrade.remote.answers import AnswerKind
from torchgrade.sandbox import Level


def load_channels():
    """Return the module of ``tests/support``, which is needed before any fixture is there."""
    path = Path(__file__).parents[2] / "support" / "channels.py"
    spec = importlib.util.spec_from_file_location("channels", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["channels"] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="what is tried here are calls of Linux"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of system calls are those of x86-64"),
]
channels = load_channels()
CHANNELS = channels.CHANNELS

# A number that is taken answers otherwise than one that is free, where numbers are those of the machine; and
# one and the same file system notes the time of a reading.
WITHOUT_NAMESPACES = frozenset(
    {"seen in /proc", "reading its cores", "its rights", "time of the last reading"}
)
NOWHERE = frozenset({"keyring of the session", "memory shared since before"})
OPEN = {
    Level.ISOLATED: frozenset(),
    Level.CONFINED: WITHOUT_NAMESPACES,
    Level.PROCESS: frozenset(CHANNELS) - NOWHERE,
}
# Not every machine lets everybody try these.
NEED_A_RIGHT = frozenset(
    {
        *("fanotify", "lease", "tracing", "reading memory", "memory in /proc", "comparing"),
        *("counting its events", "page faults of others", "kept keyring", "attribute of a shared file"),
        *("message queue with a name", "times of a shared file", "mode of a shared file", "terminal"),
        *("time of the last reading", "descriptor of a process", "file without a name"),
        *("keyring of the user", "keyring of the user's session", "key by its number"),
        *("environment in /proc", "its list of locks", "timers until there are no more"),
    }
)


class WithLibrary:
    """A sandbox that shows its workers one file more, which is not this project's and may come to harm."""

    def __init__(self, sandbox, path):
        self.level = sandbox.level
        self._sandbox = sandbox
        self._path = path

    def start(self, view):
        packages = {**view.packages, "library_of_all.py": self._path}
        return self._sandbox.start(dataclasses.replace(view, packages=packages))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("library") / "library_of_all.py"
    path.write_text("# what every worker can read\n" * 200)
    for folder in list(path.parents)[:3]:
        folder.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def shop(kit, sandbox, assignment, library):
    shop = kit.Workshop(WithLibrary(sandbox, library), assignment)
    yield shop
    shop.zygote.close()
    kit.until(lambda: not shop.processes(), "everything ends with its zygote")


@pytest.fixture
def run(shop, library):
    """Two live workers, and how to run code in either: its result, None for an error of the system."""
    library.chmod(0o644)
    os.utime(library, (1, 2))  # so old that a reading of it would be noted
    workers = [shop.worker(), shop.worker()]
    zygote = psutil.Process(shop.zygote.process_id)
    given = {
        "mark": f"torchgrade{uuid.uuid4().hex}",
        "numbers": channels.NUMBERS,
        "outer": sorted(child.pid for child in zygote.children(recursive=True)),
    }

    def run(which, code, told):
        source = channels.PRELUDE + textwrap.dedent(code)
        answer = workers[which].call(shop.call(source, {**given, "told": told}), 60)
        if answer.kind is AnswerKind.RAISED:
            assert "OSError" in answer.raised.types, answer
            return None
        assert answer.kind is AnswerKind.VALUE, answer
        return answer.value

    yield run
    for worker in workers:
        worker.end()
    tidy(given["mark"])


def tidy(mark):
    """Remove what a level without namespaces of its own has let through."""
    libc, key = ctypes.CDLL(None), int(mark[-6:], 16)
    libc.shmctl(libc.shmget(key, 0, 0), 0, None)
    libc.msgctl(libc.msgget(key, 0), 0, None)
    libc.semctl(libc.semget(key, 0, 0), 0, 0)
    libc.syscall(channels.NUMBERS["mq_unlink"], mark.encode())
    ring = libc.syscall(channels.NUMBERS["keyctl"], 22, -1, -2)
    for place in (-4, -5, ring):
        found = libc.syscall(channels.NUMBERS["keyctl"], 10, place, b"user", mark.encode(), 0)
        if found > 0:
            libc.syscall(channels.NUMBERS["keyctl"], 9, found, place)
    for folder in ("/tmp", "/dev/shm"):
        Path(folder, mark).unlink(missing_ok=True)


@pytest.mark.parametrize("turned", [False, True], ids=["one way", "the other way"])
@pytest.mark.parametrize("name", CHANNELS)
def test_what_one_worker_does_the_other_does_not_find(shop, run, name, turned):
    channel = CHANNELS[name]
    one, other = (1, 0) if turned else (0, 1)
    told = run(one, channel.first, None)
    if told is not None:
        for which, code in ((other, channel.second), (one, channel.third)):
            told = run(which, code, told) if code else told
    if name in OPEN[shop.level] & NEED_A_RIGHT and not told:
        pytest.skip("this machine does not let anybody try it")
    assert bool(told) is (name in OPEN[shop.level]), told
