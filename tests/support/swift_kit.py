"""A small assignment with budgets: of time for ``smooth``, of memory for ``scale``."""

from __future__ import annotations

from pathlib import Path

MANIFEST = """\
title = "Swift"
[limits]
import_seconds = 5
call_seconds = 20
submission_seconds = 120
memory_mib = 1024
"""

CONTRACT = '''\
from torchgrade import hookspec

@hookspec(firstresult=True)
def smooth(x):
    """Return x after 60 rounds of averaging each entry with its two neighbours."""

@hookspec(firstresult=True)
def scale(x):
    """Return x over its root mean square."""
'''

SOLUTION = """\
import numpy as np
from torchgrade import hookimpl

@hookimpl
def smooth(x):
    for _ in range(60):
        x = (x + np.roll(x, 1) + np.roll(x, -1)) / 3
    return x

@hookimpl
def scale(x):
    return x / np.sqrt(np.mean(x * x))
"""

# Takes four times the time, of the same operations; and keeps twenty copies.
SLOW = SOLUTION.replace(
    "    for _", "    for _ in range(180):\n        y = (x + np.roll(x, 1) + np.roll(x, -1)) / 3\n    for _"
)
HUNGRY = SOLUTION.replace(
    "    return x / ", "    copies = np.stack([x] * 20)\n    x = copies[7]\n    return x / "
)

STARTER = """\
from torchgrade import hookimpl

@hookimpl
def smooth(x):
    raise NotImplementedError

@hookimpl
def scale(x):
    raise NotImplementedError
"""

CASES = """\
from torchgrade.testing import Case

def some(draw):
    return [Case("a vector", x=draw.normal(9))]
"""

HIDDEN = '''\
from torchgrade.testing import points

@points(40)
def test_smooth(agree, cases):
    """smooth: rounds of averaging"""
    agree("smooth", cases.some())

@points(40)
def test_scale(agree, cases):
    """scale: root mean square"""
    agree("scale", cases.some())
'''

PUBLIC = '''\
import numpy as np
from torchgrade.testing import close

def test_scale(student):
    """scale: of (3, 4)"""
    close(student.scale(np.array([3.0, 4.0])), np.array([3.0, 4.0]) / np.sqrt(12.5), "scale(x)")

def test_smooth(student):
    """smooth: what is smooth stays so"""
    close(student.smooth(np.ones(5)), np.ones(5), "smooth(x)")
'''

BUDGETS = """\
from torchgrade.budget import Budget

def vector(draw):
    return {"x": draw.normal(20_000)}

def long_vector(draw):
    return {"x": draw.normal(400_000)}

BUDGETS = (
    Budget(name="smooth_time", title="time of smoothing 20,000 entries", call="smooth", inputs=vector,
           full_marks=2.0, zero_marks=8.0, points=12, hint="Once is enough."),
    Budget(name="scale_memory", title="memory of scaling", call="scale", inputs=long_vector,
           measures="memory", full_marks=3.0, zero_marks=9.0, points=8),
)
"""

YARDSTICK = """\
import numpy as np
from torchgrade import hookimpl

@hookimpl
def smooth(x):
    y = x
    for _ in range(30):
        y = (y + np.roll(x, 1) + np.roll(x, -1)) / 3
    return y

@hookimpl
def scale(x):
    return x + x * x
"""

CALIBRATIONS = """\
[smooth_time]
ratio = 0.5
spread = 0.03

[scale_memory]
ratio = 1.0
spread = 0.03
"""

MUTANT = '''\
"""your `scale` divides by the mean square; it divides by its root"""
import numpy as np
from torchgrade import hookimpl
KILLED_BY = ("test_scale",)

@hookimpl
def scale(x):
    return x / np.mean(x * x)
'''

FILES = {
    "assignments/swift/assignment.toml": MANIFEST,
    "assignments/swift/contract.py": CONTRACT,
    "assignments/swift/handout.md": "# Swift\n",
    "assignments/swift/starter/submission.py": STARTER,
    "assignments/swift/public/test_public.py": PUBLIC,
    "assignments/swift/budgets.py": BUDGETS,
    "assignments/swift/yardstick.py": YARDSTICK,
    "assignments/swift/yardstick.toml": CALIBRATIONS,
    "reference/swift/solution.py": SOLUTION,
    "reference/swift/hidden/cases.py": CASES,
    "reference/swift/hidden/test_hidden.py": HIDDEN,
    "reference/swift/mutants/not_rooted.py": MUTANT,
    "reference/swift/alternatives/likewise.py": SOLUTION.replace("x * x", "x**2"),
    "reference/swift/alternatives/slow.py": f'OVER_BUDGET = ("smooth_time",)\n{SLOW}',
    "reference/swift/alternatives/hungry.py": f'OVER_BUDGET = ("scale_memory",)\n{HUNGRY}',
}


def make_content(root: Path, changes: dict[str, str | None] | None = None) -> Path:
    """Write the assignment and return its root.

    Args:
        root: an empty folder.
        changes: other texts by the whole path; None leaves a file out.
    """
    for name, text in {**FILES, **(changes or {})}.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return root
