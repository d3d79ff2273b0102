"""The course of a batch: what is done already, what is left, and each result stored as it comes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from torchgrade import __version__
from torchgrade.batch.discovery import Found
from torchgrade.batch.fingerprint import fingerprint
from torchgrade.content import Assignment, Reference
from torchgrade.errors import ContentError, InternalError
from torchgrade.grading.jobs import GradingSetup, Job
from torchgrade.plugin import Executor, Observer, Registry
from torchgrade.results import Result
from torchgrade.store import Store
from torchgrade.submission import Student

__all__ = ["Work", "grade_all", "plan"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One submission to grade, and the key of its result: equal keys, equal results."""

    job: Job
    key: str


def plan(
    submissions: Sequence[Found],
    *,
    students: Mapping[str, tuple[Student, ...]],
    assignment: Assignment,
    reference: Reference,
    setup: GradingSetup,
) -> list[Work]:
    """Return the work of a batch, in the order of ``submissions``."""
    common = (
        assignment.sha256,
        reference.sha256,
        __version__,
        setup.seed,
        setup.require_sandbox,
        str(setup.measuring_seconds if setup.budgets else 0),
    )
    return [
        _work(found, students=students.get(found.id, ()), common=(setup.tests, *common))
        for found in submissions
    ]


def grade_all(
    works: Sequence[Work],
    *,
    store: Store,
    executor: Executor,
    setup: GradingSetup,
    workers: int,
    observers: Registry[Observer],
    hashes: tuple[str, str],
) -> None:
    """Grade what the store does not hold yet, and store each result the moment it comes.

    Args:
        works: all submissions of the batch.
        store: where results go.
        executor: what runs the grading processes.
        setup: what these are told.
        observers: told of each result once it is stored.
        workers: number of grading processes at the most.
        hashes: of the assignment and of the reference, as they were when the keys were made.

    Raises:
        TorchgradeError: if the set-up is at fault or the store cannot be written; what was stored
            before is kept.
    """
    done = store.done()
    keys = {work.job.submission_id: work.key for work in works if work.key not in done}
    jobs = [work.job for work in works if work.key not in done]
    audience = _Audience(observers)
    audience.tell(lambda observer: observer.started(len(works), len(works) - len(jobs)))
    try:
        with contextlib.ExitStack() as stack:
            results = executor.run(setup, jobs, workers=workers) if jobs else iter(())
            if close := getattr(results, "close", None):
                stack.callback(close)
            for result in results:
                key = keys.pop(result.submission_id, None)
                if key is None:
                    raise InternalError(f"the executor graded '{result.submission_id}' twice or unasked")
                _check_hashes(result, hashes)
                store.put(key, result)
                audience.tell(_stored(result))
        if keys:
            raise InternalError(f"the executor lost submissions: {len(keys)}, such as '{min(keys)}'")
    finally:
        audience.tell(lambda observer: observer.finished())


def _work(found: Found, *, students: tuple[Student, ...], common: Iterable[str]) -> Work:
    who = [[student.id, student.name, student.email] for student in students]
    parts = [fingerprint(found.path), found.id, who, *common]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return Work(job=Job(submission_id=found.id, path=str(found.path), students=students), key=key)


def _check_hashes(result: Result, hashes: tuple[str, str]) -> None:
    provenance = result.provenance
    graded_with = (provenance.assignment_sha256, provenance.reference_sha256)
    if any(found and found != wanted for found, wanted in zip(graded_with, hashes, strict=True)):
        raise ContentError(
            f"'{result.assignment.id}' was changed while submissions were being graded;"
            " run the same command again"
        )


def _stored(result: Result) -> Callable[[Observer], None]:
    return lambda observer: observer.stored(result)


class _Audience:
    """Tells observers; one that fails is named once and does no harm."""

    def __init__(self, observers: Registry[Observer]) -> None:
        self._observers = observers
        self._failed: set[str] = set()

    def tell(self, event: Callable[[Observer], None]) -> None:
        for name, observer in self._observers:
            try:
                event(observer)
            except Exception as error:  # noqa: BLE001 - a watcher's fault is not the batch's
                if name not in self._failed:
                    self._failed.add(name)
                    _LOG.warning(
                        "observer '%s' failed, the batch goes on: %s",
                        name,
                        "".join(traceback.format_exception_only(error)).strip(),
                    )
