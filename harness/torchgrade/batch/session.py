"""One call of ``grade``: from paths to stored results."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torchgrade.batch.discovery import ROSTER_NAME, Discovery, discover
from torchgrade.batch.roster import Enrolment, enrol, read_roster
from torchgrade.batch.run import Work, grade_all, plan
from torchgrade.content import find_content_root, load_assignment, load_reference
from torchgrade.errors import UsageError
from torchgrade.grading.jobs import GradingSetup
from torchgrade.plugin import Plugins
from torchgrade.results import Result
from torchgrade.store import Store, write_store

__all__ = ["GradedBatch", "Request", "available_workers", "grade_batch"]

LANE_NAME = "measuring.lock"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for; None where it leaves the choice to us.

    Attributes:
        seed: 64 hex digits, to reproduce a batch.
        sandbox: level to use, or ``"best"``.
        budgets: whether to measure them; otherwise they are out of the total.
        measuring_seconds: how long to measure one at the most.
        fresh: grade all again, whatever is stored.
    """

    paths: Sequence[Path]
    assignment: str
    out: Path
    content: Path | None = None
    roster: Path | None = None
    workers: int | None = None
    seed: str | None = None
    sandbox: str = "best"
    require_sandbox: str = "confined"
    budgets: bool = True
    measuring_seconds: float = 4.0
    executor: str = "local"
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedBatch:
    """A batch that came to its end.

    Attributes:
        results: of the submissions asked for, sorted by id.
        stored: of all submissions in the store, those of earlier calls included.
        enrolment: what the roster says of them.
        graded_now: number of submissions that were not done before.
    """

    results: tuple[Result, ...]
    stored: tuple[Result, ...]
    enrolment: Enrolment
    graded_now: int


def grade_batch(request: Request, plugins: Plugins) -> GradedBatch:
    """Grade what the store does not hold yet.

    Raises:
        TorchgradeError: if the request, the content or the machine is at fault; what was stored
            before is kept.
    """
    seed = None if request.seed is None else _checked_seed(request.seed)
    executor = plugins.executors.get(request.executor)
    root = find_content_root(request.content)
    assignment = load_assignment(root, request.assignment)
    reference = load_reference(root, assignment)
    discovery = discover(request.paths, skip=request.out.resolve())
    for folder in discovery.doubtful:
        _LOG.warning("%s is taken as one submission; if it is a class, put a %s in it", folder, ROSTER_NAME)
    enrolment = _enrol(request, discovery)
    with write_store(request.out) as store:
        batch = store.begin(assignment.id, seed=seed, fresh=request.fresh)
        setup = GradingSetup(
            content_root=str(root),
            assignment=assignment.id,
            seed=batch.seed,
            sandbox=request.sandbox,
            require_sandbox=request.require_sandbox,
            budgets=request.budgets,
            measuring_seconds=request.measuring_seconds,
            lane=str(request.out.resolve() / LANE_NAME),
        )
        works = plan(
            discovery.submissions,
            students=enrolment.students,
            assignment=assignment,
            reference=reference,
            setup=setup,
        )
        left = {work.key for work in works} - store.done()
        grade_all(
            works,
            store=store,
            executor=executor,
            setup=setup,
            workers=request.workers or available_workers(),
            observers=plugins.observers,
            hashes=(assignment.sha256, reference.sha256),
        )
        return _collect(store, works, enrolment, len(left))


def available_workers() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checked_seed(seed: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", seed):
        raise UsageError("a seed is 64 hex digits, as in an instructor's page")
    return seed.lower()


def _enrol(request: Request, discovery: Discovery) -> Enrolment:
    rosters = [request.roster] if request.roster is not None else list(discovery.rosters)
    lines = [line for roster in rosters for line in read_roster(roster)]
    enrolment = enrol(lines, discovery.submissions)
    for sentence in enrolment.missing:
        _LOG.warning("%s", sentence)
    for submission_id in enrolment.unlisted:
        _LOG.warning("not on the roster: '%s'", submission_id)
    return enrolment


def _collect(store: Store, works: Sequence[Work], enrolment: Enrolment, graded_now: int) -> GradedBatch:
    asked = {work.job.submission_id for work in works}
    stored = tuple(store.results())
    return GradedBatch(
        results=tuple(result for result in stored if result.submission_id in asked),
        stored=stored,
        enrolment=enrolment,
        graded_now=graded_now,
    )
