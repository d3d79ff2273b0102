"""How long the hidden tests of a right submission take, learning included, in a warm grading process.

    python benchmarks/hidden_run.py                       every assignment's solution
    python benchmarks/hidden_run.py lstm dqn --json       one object
    python benchmarks/hidden_run.py gan --implementation reference/gan/alternatives/modules.py

Each is graded twice in one session, budgets left out; the second time counts. A worker computes on one core.
"""

from __future__ import annotations

import argparse
import json
import secrets
import time
from pathlib import Path

from torchgrade.content import assignment_ids, find_content_root, load_assignment, load_reference
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.grading.session import Session, with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import Result

SEED_BYTES = 32
GRADINGS = 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assignments", nargs="*", help="ids; else all")
    parser.add_argument("--implementation", type=Path, help="submission; else the solution")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    root = find_content_root(None)
    told = {}
    for assignment in given.assignments or assignment_ids(root):
        path = given.implementation or load_reference(root, load_assignment(root, assignment)).solution
        told[assignment] = measure(root, assignment, path)
        if not given.json:
            figures = told[assignment]
            print(
                f"{assignment:12} {figures['seconds']:6.2f} s,"
                f" {figures['points']:g} of {figures['max_points']:g} points"
            )
    if given.json:
        print(json.dumps(told))


def measure(root: Path, assignment: str, path: Path) -> dict[str, float]:
    """Return the seconds of a grading, and the points."""
    setup = GradingSetup(
        content_root=str(root),
        assignment=assignment,
        seed=secrets.token_hex(SEED_BYTES),
        tests="hidden",
        sandbox="best",
        budgets=False,
    )
    graded: list[tuple[float, Result]] = []

    def grade(session: Session) -> None:
        for number in range(GRADINGS):
            started = time.perf_counter()
            result = session.grader.grade(Job(submission_id=f"run-{number}", path=str(path.resolve())))
            graded.append((time.perf_counter() - started, result))

    with_session(setup, load_plugins(), grade, None)
    seconds, result = graded[-1]
    return {"seconds": seconds, "points": float(result.score), "max_points": float(result.max_score)}


if __name__ == "__main__":
    main()
