"""A small assignment whose one submission does in its worker whatever a test tells it to."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import psutil

from torchgrade.content import load_assignment
from torchgrade.remote.answers import Call
from torchgrade.remote.worker import Loaded
from torchgrade.remote.zygote import Zygote
from torchgrade.sandbox import Level

SECONDS = 60.0  # for what must happen soon; only a hang takes that long

# Zygote's own (inside bubblewrap two of them), and a spare worker with its keeper.
QUIET = {Level.PROCESS: 2, Level.CONFINED: 2, Level.ISOLATED: 4}

MANIFEST = """
title = "anything"
packages = ["numpy"]
[limits]
import_seconds = 30
call_seconds = 30
submission_seconds = 60
memory_mib = 192
processes = 12
open_files = 40
file_mib = 8
"""

CONTRACT = """
from torchgrade import hookspec
from torchgrade.contract import returns_object

@hookspec(firstresult=True)
def run(code, given): ...

@hookspec(firstresult=True)
@returns_object("add", "total", "give")
def make_counter(start): ...

@hookspec(firstresult=True)
def use_counter(counter, amounts): ...

@hookspec(firstresult=True)
def not_written(x): ...
"""

SUBMISSION = b"""
from torchgrade import hookimpl

@hookimpl
def run(code, given):
    scope = {"given": given}
    exec(code, scope)
    return scope.get("result")

@hookimpl
class make_counter:
    def __init__(self, start):
        self.sum = start
    def add(self, amounts):
        self.sum += sum(amounts)
    def total(self):
        return self.sum
    def give(self):
        return self

@hookimpl
def use_counter(counter, amounts):
    counter.add(amounts)
    return counter.total()
"""

FILES = {"submission.py": SUBMISSION}
ENTRIES = ["submission.py"]


def write_assignment(root, manifest=MANIFEST, contract=CONTRACT):
    """Make a content root with one assignment and load it."""
    folder = Path(root) / "assignments" / "anything"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(manifest)
    (folder / "contract.py").write_text(contract)
    return load_assignment(Path(root), "anything")


def until(condition, what):
    """Wait for something that happens by itself, in another process."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


class Workshop:
    """One zygote of one level, and workers in which code is run."""

    def __init__(self, sandbox, assignment):
        self.assignment = assignment
        self.zygote = Zygote(sandbox, assignment)
        self.level = self.zygote.level
        self.scratch = Path(self.zygote._zygote.scratch)
        self.quiet = QUIET[self.level]

    def worker(self):
        worker = self.zygote.worker()
        told = worker.load(FILES, ENTRIES, SECONDS)
        assert isinstance(told, Loaded), told
        assert told.usable == {"run", "make_counter", "use_counter"}
        return worker

    def call(self, code, given=None):
        return Call(self.assignment.contract.hooks["run"], (textwrap.dedent(code), given))

    def run(self, code, given=None, seconds=SECONDS):
        """Run code in a worker of its own; returns its answer and its keeper's report."""
        worker = self.worker()
        try:
            answer = worker.call(self.call(code, given), seconds)
        finally:
            report = worker.end()
        return answer, report

    def processes(self, marker=None):
        """What the zygote has started: its descendants, and what names its folder or the marker."""
        try:
            found = {child.pid for child in psutil.Process(self.zygote.process_id).children(recursive=True)}
        except psutil.NoSuchProcess:
            found = set()
        temporary = self.zygote._zygote.temporary
        marks = [str(mark) for mark in (temporary, marker) if mark is not None]
        for process in psutil.process_iter(["cmdline", "status"]):
            command = " ".join(process.info["cmdline"] or ())
            if any(mark in command for mark in marks) and process.pid != self.zygote.process_id:
                found.add(process.pid)
        return {pid for pid in found if _runs(pid)}

    def is_quiet(self, marker=None):
        """Nothing is left but the zygote and its one spare worker."""
        if len(self.processes(marker)) != self.quiet:
            return False
        shared = self.zygote._zygote.temporary is not None
        return not shared or len(list(self.scratch.iterdir())) <= 1


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
