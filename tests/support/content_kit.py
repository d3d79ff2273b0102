"""A small assignment with everything that content has, for tests that grade for real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import with_session
from torchgrade.results import Result

SEED = "5eed" * 16

MANIFEST = """\
title = "Tiny"
[limits]
import_seconds = 1.5
call_seconds = 0.6
submission_seconds = 10
memory_mib = 512
"""

CONTRACT = '''\
from torchgrade import hookspec
from torchgrade.contract import returns

@hookspec(firstresult=True)
def double(x):
    """Return 2 x."""

@hookspec(firstresult=True)
@returns("total", "half")
def split(x):
    """Return the sum of x and x / 2."""

@hookspec(firstresult=True)
def root(x):
    """Return the square root; ValueError if any entry is negative."""
'''

SOLUTION = """\
import numpy as np
from torchgrade import hookimpl

@hookimpl
def double(x):
    return 2 * x

@hookimpl
def split(x):
    return float(x.sum()), x / 2

@hookimpl
def root(x):
    if np.any(x < 0):
        raise ValueError("an entry is negative")
    return np.sqrt(x)
"""

STARTER = """\
from torchgrade import hookimpl

@hookimpl
def double(x):
    raise NotImplementedError

@hookimpl
def split(x):
    raise NotImplementedError

@hookimpl
def root(x):
    raise NotImplementedError
"""

CASES = """\
from torchgrade.testing import Case

def some(draw):
    return [Case("a vector", x=draw.normal(3)), Case("a matrix", x=draw.normal(4, 2))]

def roots(draw):
    x = abs(draw.normal(5)) + 0.1
    return [Case("all positive", x=x), Case("one negative", x=-x)]
"""

HIDDEN = '''\
from torchgrade.testing import points

@points(40)
def test_double(agree, cases):
    """double: twice the input"""
    agree("double", cases.some())

@points("59/2")
def test_split(agree, cases):
    """split: sum and half"""
    agree("split", cases.some())

@points("61/2")
def test_root(agree, cases):
    """root: also where it must refuse"""
    agree("root", cases.roots())
'''

PUBLIC = '''\
import numpy as np
from torchgrade.testing import close

def test_double(student, draw):
    """double: twice the input"""
    x = draw.normal(3)
    close(student.double(x), 2 * x, "double(x)")

def test_split(student):
    """split: sum and half of (1, 2)"""
    total, half = student.split(np.array([1.0, 2.0]))
    close(total, 3.0, "total")
    close(half, np.array([0.5, 1.0]), "half")
'''

MUTANTS = {
    "tripled": '''\
"""your `double` triples; it multiplies by 2"""
from torchgrade import hookimpl
KILLED_BY = ("test_double",)

@hookimpl
def double(x):
    return 3 * x
''',
    "never_refuses": '''\
"""your `root` answers for negative entries too; it must raise ValueError"""
import numpy as np
from torchgrade import hookimpl
KILLED_BY = ("test_root",)

@hookimpl
def root(x):
    return np.sqrt(abs(x))
''',
}

ALTERNATIVES = {
    "by_adding": SOLUTION.replace("2 * x", "x + x"),
    "by_powers": SOLUTION.replace("np.sqrt(x)", "x**0.5"),
}


def tiny_files(identifier: str = "tiny") -> dict[str, str]:
    """Return the texts of the assignment's files, by path below the content root."""
    public, private = f"assignments/{identifier}", f"reference/{identifier}"
    return {
        f"{public}/assignment.toml": MANIFEST,
        f"{public}/contract.py": CONTRACT,
        f"{public}/handout.md": "# Tiny\n",
        f"{public}/starter/submission.py": STARTER,
        f"{public}/public/test_public.py": PUBLIC,
        f"{private}/solution.py": SOLUTION,
        f"{private}/hidden/cases.py": CASES,
        f"{private}/hidden/test_hidden.py": HIDDEN,
        **{f"{private}/mutants/{name}.py": text for name, text in MUTANTS.items()},
        **{f"{private}/alternatives/{name}.py": text for name, text in ALTERNATIVES.items()},
    }


def make_content(root: Path, changes: Mapping[str, str | None] = {}, identifier: str = "tiny") -> Path:
    """Write the assignment and return its root.

    Args:
        root: an empty folder.
        changes: texts of other or further files, by the ends of their paths below ``assignments/ID`` or
            ``reference/ID``, such as ``"hidden/test_hidden.py"``; None leaves a file out.
        identifier: of the assignment.
    """
    files: dict[str, str | None] = {**tiny_files(identifier)}
    for name, text in changes.items():
        public = name.split("/")[0] in {"assignment.toml", "contract.py", "handout.md", "starter", "public"}
        files[f"{'assignments' if public else 'reference'}/{identifier}/{name}"] = text
    for name, text in files.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root


def make_setup(content: Path, **changes: Any) -> GradingSetup:
    """Return a set-up for hidden tests at the best sandbox."""
    given = {"content_root": str(content), "assignment": "tiny", "seed": SEED}
    return GradingSetup(**{**given, **changes})


def grade(
    content, plugins, folder: Path, submissions: Mapping[str, str], **changes: Any
) -> dict[str, Result]:
    """Grade texts one after the other in one session; return the results by name."""
    results: dict[str, Result] = {}
    folder.mkdir(parents=True, exist_ok=True)

    def body(session):
        for name, text in submissions.items():
            path = folder / f"{name}.py"
            path.write_text(text, encoding="utf-8")
            results[name] = session.grader.grade(Job(submission_id=name, path=str(path)))

    with_session(make_setup(content, **changes), plugins, body)
    return results
