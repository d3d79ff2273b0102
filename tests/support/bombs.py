"""Submissions that take all they can get, and two grading processes that grade at the same time."""

from __future__ import annotations

import select
import textwrap
import time
from dataclasses import dataclass

from torchgrade.grading.jobs import Graded, GradingSetup, Job, Ready
from torchgrade.results import Outcome, decode_result
from torchgrade_plugins.executors.local import COMMAND
from torchgrade_plugins.executors.process import GradingProcess

SECONDS = 300.0  # for what must come; only a hang takes that long

SUBMISSION_SECONDS = 15
MANIFEST = f"""\
title = "Tiny"
[limits]
import_seconds = 5
call_seconds = 3
submission_seconds = {SUBMISSION_SECONDS}
memory_mib = 256
processes = 16
open_files = 64
file_mib = 64
"""

REST = """
@hookimpl
def split(x):
    return float(x.sum()), x / 2

@hookimpl
def root(x):
    if np.any(x < 0):
        raise ValueError("an entry is negative")
    return np.sqrt(x)
"""
HEAD = """
import ctypes, mmap, os, signal, subprocess, sys, threading, time
import numpy as np
from torchgrade import hookimpl
BIG = {big}
MARK = {mark!r}
"""

# Of all three kinds: right, wrong, and one that raises.
NEIGHBOUR = (
    HEAD.format(big=0, mark="")
    + """
@hookimpl
def double(x):
    return 2 * x

@hookimpl
def split(x):
    return 0.0, x / 2

@hookimpl
def root(x):
    raise KeyError("no root")
"""
)
NEIGHBOUR_OUTCOMES = [Outcome.PASSED, Outcome.FAILED, Outcome.ERROR]


@dataclass(frozen=True, kw_only=True)
class Bomb:
    """What ``double`` does, and how that ends.

    Attributes:
        code: its body; ``BIG`` is more bytes than there shall be, ``MARK`` a word for names of files.
        ends: outcome, and a pattern of what the student is told, by level; ``""`` stands for all others.
        alone: whether the other functions, which are right, get full marks afterwards.
    """

    code: str
    ends: dict[str, tuple[Outcome | frozenset[Outcome], str]]
    alone: bool = True

    def source(self, big, mark):
        """Return the submission."""
        body = textwrap.indent(textwrap.dedent(self.code).strip(), "    ")
        return HEAD.format(big=big, mark=mark) + f"\n@hookimpl\ndef double(x):\n{body}\n" + REST

    def end(self, level):
        """Return the outcomes that are right at a level, and the pattern."""
        outcome, told = self.ends[level if level in self.ends else ""]
        return {outcome} if isinstance(outcome, Outcome) else outcome, told


class Pair:
    """Two grading processes of one level, ready to grade; ``close`` must be called."""

    def __init__(self, content, level, seed):
        self.processes = [GradingProcess(COMMAND) for _ in range(2)]
        self._received = {process: [] for process in self.processes}
        setup = GradingSetup(
            content_root=str(content), assignment="tiny", seed=seed, sandbox=level, require_sandbox=level
        )
        for process in self.processes:
            process.send(setup)
        for process in self.processes:
            assert isinstance(self._wait([process])[1], Ready)

    def close(self):
        for process in self.processes:
            process.let_go(tidily=True)
        for process in self.processes:
            process.end(tidily=True)

    def grade(self, path):
        """Grade one submission, with nothing else going on."""
        self.processes[0].send(Job(submission_id=path.stem, path=str(path)))
        return self._result(self._wait(self.processes[:1])[1])

    def grade_beside(self, path, neighbour):
        """Grade a submission, and meanwhile a neighbour again and again.

        Returns:
            Its result, and the neighbour's results.
        """
        first, second = self.processes
        first.send(Job(submission_id=path.stem, path=str(path)))
        neighbours, result = [], None
        while result is None or not neighbours:
            second.send(Job(submission_id=neighbour.stem, path=str(neighbour)))
            busy = True
            while busy:
                process, message = self._wait(self.processes if result is None else [second])
                if process is second:
                    neighbours.append(self._result(message))
                    busy = False
                else:
                    result = self._result(message)
        return result, neighbours

    def _wait(self, processes):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for process in processes:
                if self._received[process]:
                    return process, self._received[process].pop(0)
            ready, _, _ = select.select([process.link for process in processes], [], [], 1)
            for process in processes:
                if process.link in ready:
                    self._received[process] += process.receive()
        raise AssertionError("a grading process does not answer")

    @staticmethod
    def _result(message):
        assert isinstance(message, Graded), message
        return decode_result(bytes(message.result))


FORKS = """
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
FLOOD = """
block = b"x" * 2**20
for _ in range(20 * 1024):
    os.write({descriptor}, block)
return 2 * x
"""
SHARED = """
area = mmap.mmap(-1, BIG)
for place in range(0, BIG, 4096):
    area[place] = 1
return 2 * x
"""
IN_MEMORY = """
block = bytes(4 << 20)
for number in range(BIG >> 25):
    with open(f"{folder}/{{MARK}}-{{number}}", "xb") as file:
        for _ in range(8):
            file.write(block)
return 2 * x
"""
NO_SPACE = (Outcome.ERROR, r"OSError: \[Errno 28\] No space left on device")
NOT_ALLOWED = (Outcome.ERROR, r"PermissionError: \[Errno (1|13)\] ")
NO_SUCH_CALL = (Outcome.ERROR, r"(OS|Permission)Error: \[Errno (1|38)\] ")
TOO_MUCH = (Outcome.MEMORY, r"your `double` did not return: it used more memory than its submission may")
MEMORY_ERROR = (Outcome.MEMORY, r"your `double` raised \S*MemoryError")
LATE = (Outcome.TIMEOUT, r"your `double` gave no answer within 3 s")
# A disk that others use too may be too slow to be filled in time.
SLOWLY = frozenset({Outcome.ERROR, Outcome.TIMEOUT})
TOO_MANY_BYTES = (SLOWLY, rf"ended because its files took more than 256 MiB|{LATE[1]}")
TOO_MANY_FILES = (SLOWLY, rf"ended because it made more than 16,384 files|{LATE[1]}")

BOMBS = {
    "processes": Bomb(code=FORKS, ends={"": LATE}),
    "processes with a session each": Bomb(
        code=FORKS.replace("        os.fork()", "        os.fork() or os.setsid()"), ends={"": LATE}
    ),
    "threads": Bomb(
        code="while True:\n    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        ends={"": (Outcome.ERROR, r"RuntimeError: can't start new thread")},
    ),
    "output": Bomb(code=FLOOD.format(descriptor=1), ends={"": LATE}),
    "output of errors": Bomb(code=FLOOD.format(descriptor=2), ends={"": LATE}),
    "output of children": Bomb(
        code="""
        for _ in range(8):
            if os.fork() == 0:
                while True:
                    os.write(1, bytes(2**16))
        while True:
            os.write(2, bytes(2**16))
        """,
        ends={"": LATE},
    ),
    "private memory": Bomb(code="return bytearray(BIG)", ends={"": MEMORY_ERROR}),
    "private memory of numpy": Bomb(code="return np.ones(BIG >> 3)", ends={"": MEMORY_ERROR}),
    "private memory bit by bit": Bomb(
        code="kept = []\nwhile True:\n    kept.append(b'x' * 2**20 + bytes([len(kept) % 256]))",
        ends={"": MEMORY_ERROR},
    ),
    "memory of processes together": Bomb(
        code="""
        def use(megabytes):
            held = bytearray(megabytes << 20)
            held[::4096] = bytes(len(range(0, len(held), 4096)))
            return held
        ready, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(ready, 1)
            held = use(200)
            time.sleep(1000)
        held = use(200)
        os.write(go, b"x")
        os.waitpid(child, 0)
        return 2 * x
        """,
        # Of the two that are too much together the kernel ends the one that has more by then.
        ends={"": TOO_MUCH},
    ),
    "shared memory": Bomb(
        code=SHARED,
        ends={"": NO_SUCH_CALL, "process": TOO_MUCH},
    ),
    "shared memory of a file": Bomb(
        code="""
        areas = []
        for number in range(BIG >> 26):
            with open(f"part-{number}", "w+b") as file:
                file.truncate(1 << 26)
                areas.append(mmap.mmap(file.fileno(), 1 << 26))
            for place in range(0, 1 << 26, 4096):
                areas[-1][place] = 1
        return 2 * x
        """,
        # Where its files lie in memory nothing but a signal can tell that there is no more.
        ends={
            "isolated": (Outcome.ERROR, r"ended by SIGBUS"),
            "": TOO_MANY_BYTES,
        },
    ),
    "memory without a name": Bomb(
        code="""
        file = os.memfd_create("held")
        block = bytes(4 << 20)
        for _ in range(BIG >> 22):
            os.lseek(file, 0, os.SEEK_END)
            os.write(file, block)
        """,
        ends={"": NO_SUCH_CALL, "process": (Outcome.ERROR, r"OSError: \[Errno 27\] File too large")},
    ),
    "files in /dev/shm": Bomb(
        code=IN_MEMORY.format(folder="/dev/shm"),
        ends={"isolated": NO_SPACE, "confined": NOT_ALLOWED, "process": TOO_MUCH},
    ),
    "files in /tmp and in /dev/shm": Bomb(
        code="""
        block = bytes(1 << 20)
        for number in range(BIG >> 25):
            for folder in ("/dev/shm", "/tmp"):
                with open(f"{folder}/{MARK}-{number}", "xb") as file:
                    for _ in range(16):
                        file.write(block)
        return 2 * x
        """,
        ends={"isolated": TOO_MUCH, "confined": NOT_ALLOWED, "process": TOO_MUCH},
    ),
    "files in its folder": Bomb(
        code=IN_MEMORY.format(folder="."),
        ends={"isolated": NO_SPACE, "": TOO_MANY_BYTES},
    ),
    "empty files": Bomb(
        code="for number in range(100_000):\n    open(f'{MARK}-{number}', 'x').close()\nreturn 2 * x",
        ends={"isolated": NO_SPACE, "": TOO_MANY_FILES},
    ),
    "open files": Bomb(
        code="kept = [open(os.devnull) for _ in range(100_000)]\nreturn 2 * x",
        ends={"": (Outcome.ERROR, r"OSError: \[Errno 24\] Too many open files")},
    ),
    "open files of many processes": Bomb(
        code="""
        kept = []
        for _ in range(10):
            if os.fork() == 0:
                break
        while True:
            try:
                kept.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                time.sleep(0.1)
        """,
        ends={"": LATE},
    ),
    "a file with holes": Bomb(
        code="with open('holes', 'wb') as file:\n    file.truncate(100 << 30)\nreturn 2 * x",
        ends={"": (Outcome.ERROR, r"OSError: \[Errno 27\] File too large")},
    ),
    "calls within calls in C": Bomb(
        code="""
        sys.setrecursionlimit(10**9)
        left, right = [], []
        for _ in range(10**5):
            left, right = [left], [right]
        left == right
        """,
        ends={"": (Outcome.ERROR, r"your `double` did not return: the process was ended by SIGSEGV")},
    ),
    "a stack without end": Bomb(
        code="""
        at_end = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
        def again(number):
            return call(number + 1)
        call = at_end(again)
        sys.setrecursionlimit(10**9)
        call(0)
        """,
        ends={"": (Outcome.ERROR, r"did not return: the process was ended by SIGSEGV")},
    ),
    "a longer stack": Bomb(
        code="import resource\nresource.setrlimit(resource.RLIMIT_STACK, (10**10, 10**10))\nreturn 2 * x",
        ends={"": (Outcome.ERROR, r"not allowed to raise maximum limit")},
    ),
    "an answer of many bytes": Bomb(
        code="return np.broadcast_to(np.float64(0), (BIG >> 3,))",
        ends={"": (Outcome.FAILED, r"cannot be graded|MemoryError")},
    ),
    "an answer of many parts": Bomb(
        code="return [0] * 5_000_000",
        ends={"": (Outcome.FAILED, r"cannot be graded")},
    ),
    "an answer within itself": Bomb(
        code="nested = []\nfor _ in range(10**5):\n    nested = [nested]\nreturn nested",
        ends={"": (Outcome.FAILED, r"cannot be graded")},
    ),
    "children that compute on": Bomb(
        code="""
        for _ in range(4):
            if os.fork() == 0:
                while True:
                    pass
        return 2 * x
        """,
        ends={"": (Outcome.PASSED, r"^$")},
    ),
}
