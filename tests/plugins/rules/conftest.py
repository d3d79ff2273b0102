"""A small assignment and a way to ask one rule about one source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from torchgrade.content import Assignment, Manifest
from torchgrade.contract import load_contract
from torchgrade.plugin import Registry, Rule
from torchgrade.results import Note, NoteKind
from torchgrade.submission import SourceFile, Submission
from torchgrade_plugins.rules import torchgrade_rules

CONTRACT = """
from torchgrade import hookspec

@hookspec(firstresult=True)
def affine_backward(dout, x, w, b): ...

@hookspec(firstresult=True)
def relu_backward(dout, x): ...
"""


@pytest.fixture
def assignment() -> Assignment:
    return Assignment(
        id="tiny",
        folder=Path("tiny"),
        manifest=Manifest(
            title="Tiny",
            packages=("numpy",),
            off_limits=("jax", "torch.nn.LSTM", "torch.optim", "numpy.linalg", "numpy.fft.rfft*"),
        ),
        contract=load_contract(CONTRACT, "contract.py"),
        sha256="",
    )


@pytest.fixture
def rules() -> Registry[Rule]:
    registry: Registry[Rule] = Registry("rule")
    torchgrade_rules(registry)
    return registry


@pytest.fixture
def ask(assignment, rules) -> Callable[..., tuple[Note, ...]]:
    """Return the notes of the named rule about the entry's source, and other files by path."""

    def ask(rule: str, source: str | bytes, lines: tuple[str, ...] = (), **others: str) -> tuple[Note, ...]:
        content = source if isinstance(source, bytes) else source.encode()
        files = {"submission.py": content} | {f"{name}.py": text.encode() for name, text in others.items()}
        submission = Submission(
            id="ada",
            files=tuple(SourceFile(path=path, content=data) for path, data in files.items()),
            entry="submission.py",
            lines=lines,
        )
        notes = tuple(rules.get(rule).notes(submission, assignment))
        assert all(note.kind is NoteKind.RULE for note in notes)
        return notes

    return ask
