"""A small assignment for what is measured: one function whose implementations a test writes out."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path

from torchgrade.budget.comparison import Comparison, Effort
from torchgrade.budget.declaration import Budget
from torchgrade.content import load_assignment
from torchgrade.remote.answers import AnswerKind, Call
from torchgrade.remote.worker import Loaded
from torchgrade.remote.zygote import Zygote
from torchgrade.testing.cases import Draw

SECONDS = 60.0  # for what must happen soon; only a hang takes that long
SIZE = 64

MANIFEST = """
title = "Turns"
packages = ["numpy"]
[limits]
import_seconds = 30
call_seconds = 30
submission_seconds = 60
memory_mib = 256
processes = 16
"""

CONTRACT = """
from torchgrade import hookspec

@hookspec(firstresult=True)
def turn(x): ...
"""

HEAD = """
import time
import numpy as np
from torchgrade import hookimpl

def work(x, times):
    for _ in range(times):
        y = x @ x
    return 2 * x

"""

REFERENCE = HEAD + "@hookimpl\ndef turn(x):\n    return work(x, 100)\n"


def until(condition, what):
    """Wait for something that happens by itself, in another process."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


def implementation(body, before=""):
    """Return a module whose ``turn(x)`` has this body, after some lines of its own."""
    lines = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return f"{HEAD}{textwrap.dedent(before)}\n@hookimpl\ndef turn(x):\n{lines}\n"


class Track:
    """A zygote, and comparisons of implementations in its workers.

    Attributes:
        started: workers so far, of submissions and of what they are compared with.
    """

    def __init__(self, sandbox, root):
        folder = Path(root) / "assignments" / "turns"
        folder.mkdir(parents=True)
        (folder / "assignment.toml").write_text(MANIFEST)
        (folder / "contract.py").write_text(CONTRACT)
        self.assignment = load_assignment(Path(root), "turns")
        self.zygote = Zygote(sandbox, self.assignment)
        self.cores = (max(os.sched_getaffinity(0)),)
        self.started = []
        self.inputs = []

    def worker(self, source, cores=None):
        """Start a worker of this module; it is ended with the test at the latest."""
        worker = self.zygote.worker(self.cores if cores is None else cores)
        self.started.append(worker)
        told = worker.load({"submission.py": source.encode()}, ["submission.py"], SECONDS)
        assert isinstance(told, Loaded), told
        return worker

    def end_all(self):
        """End what a test has started."""
        while self.started:
            self.started.pop().end()
        self.inputs.clear()

    def call(self, size=SIZE):
        """Make a call with new inputs; they are recorded."""
        x = Draw(os.urandom(32), "x").normal(size, size)
        self.inputs.append(x)
        return Call(self.assignment.contract.hooks["turn"], (x,), echo=False)

    def ask(self, worker, size=SIZE):
        """Return what a call answers."""
        answer = worker.call(self.call(size), SECONDS)
        assert answer.kind is AnswerKind.VALUE, answer
        return answer.value

    def comparison(self, submission, compared=REFERENCE, *, effort=None, verifies=True, size=SIZE, **limits):
        """Compare two modules by a budget with these limits."""
        given = {"full_marks": 3.0, "zero_marks": 12.0, "points": 10, **limits}
        budget = Budget(
            name="turn", title="a turn", call="turn", inputs=lambda draw: {"x": draw.normal(size)}, **given
        )
        return Comparison(
            budget=budget,
            submission=lambda: self.worker(submission),
            compared=lambda: self.worker(compared),
            make_call=lambda: self.call(size),
            verifies=verifies,
            effort=effort or Effort(seconds=1.0, width=0.1, call_seconds=20.0),
        )
