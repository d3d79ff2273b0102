"""Grading on this machine: some grading processes, each given one submission after the other.

One thread waits for all of them. A process that dies, hangs beyond its deadline or sends nonsense is
ended and replaced; its submission is tried once more, and is an internal error after that.
"""

from __future__ import annotations

import logging
import math
import selectors
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from torchgrade.content import Assignment, Reference, load_assignment, load_reference
from torchgrade.errors import ContentError, InternalError, TorchgradeError, UsageError
from torchgrade.grading.jobs import Graded, GradingSetup, Job, Ready, SetupFailed
from torchgrade.remote.cgroups import control_groups
from torchgrade.results import Result, decode_result
from torchgrade_plugins.executors.lost import lost_result
from torchgrade_plugins.executors.process import Answer, GradingProcess, ProcessLost

__all__ = ["LocalExecutor"]

_LOG = logging.getLogger(__name__)

# -P: the working folder, which may be a student's, stays off the import path of the grader
COMMAND = (sys.executable, "-P", "-m", "torchgrade.grading")
START_SECONDS = 300.0
MEASURING_SECONDS = 120.0
TRIES = 2
FAILED_STARTS = 3


class LocalExecutor:
    """Supervises grading processes on this machine; each supervises its student's process itself."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        start_seconds: float = START_SECONDS,
        job_seconds: float | None = None,
    ) -> None:
        """Choose what is run, and for how long.

        Args:
            command: of a grading process; the number of its file descriptor is added.
            start_seconds: until a process must have collected its tests.
            job_seconds: until a process must have graded a submission; by default far beyond what
                the process itself allows it.
        """
        self._command = tuple(command)
        self._start_seconds = start_seconds
        self._job_seconds = job_seconds

    def run(self, setup: GradingSetup, jobs: Sequence[Job], *, workers: int) -> Generator[Result, None, None]:
        """Yield each job's result as it comes; see ``torchgrade.plugin.Executor``.

        Closing the generator ends all grading processes.
        """
        if not jobs:
            return
        assignment = load_assignment(Path(setup.content_root), setup.assignment)
        control_groups()  # before others are in the same group: what is started inherits the place
        limit = 3 * assignment.manifest.limits.submission_seconds + 60
        if setup.budgets and assignment.budgets_path.exists():
            limit += MEASURING_SECONDS * workers  # each may have to wait until all others have measured
        crew = _Crew(
            setup=setup,
            assignment=assignment,
            jobs=jobs,
            workers=workers,
            command=self._command,
            start_seconds=self._start_seconds,
            job_seconds=self._job_seconds if self._job_seconds is not None else limit,
        )
        tidily = False
        try:
            yield from crew.work()
            tidily = True
        finally:
            crew.dismiss(tidily=tidily)


@dataclass(slots=True, kw_only=True, eq=False)
class _Member:
    """A grading process, and what it is at."""

    process: GradingProcess
    deadline: float
    ready: Ready | None = None
    job: Job | None = None


class _Crew:
    """The grading processes of one batch."""

    def __init__(
        self,
        *,
        setup: GradingSetup,
        assignment: Assignment,
        jobs: Sequence[Job],
        workers: int,
        command: Sequence[str],
        start_seconds: float,
        job_seconds: float,
    ) -> None:
        self._setup = setup
        self._assignment = assignment
        self._queue = deque(jobs)
        self._size = max(1, min(workers, len(jobs)))
        self._command = command
        self._start_seconds = start_seconds
        self._job_seconds = job_seconds
        self._members: list[_Member] = []
        self._selector = selectors.DefaultSelector()
        self._failures: dict[str, list[str]] = {}
        self._failed_starts = 0
        self._why = ""

    def work(self) -> Iterator[Result]:
        """Yield the results of all jobs."""
        while self._queue or any(member.job for member in self._members):
            self._recruit()
            self._hand_out()
            heard = self._wait()
            for member in heard:
                yield from self._listen(member)
            now = time.monotonic()
            late = [member for member in self._members if member.deadline <= now and member not in heard]
            for member in late:
                member.process.end(tidily=False)
                doing = "graded" if member.job else "made ready"
                yield from self._lose(member, f"had not {doing} it in time and was stopped")

    def dismiss(self, *, tidily: bool) -> None:
        """End all processes; if ``tidily``, those that have come to rest tidy up by themselves."""
        for member in self._members:
            member.process.let_go(tidily=tidily and member.ready is not None)
        for member in self._members:
            member.process.end(tidily=tidily)
        self._members.clear()
        self._selector.close()

    def _recruit(self) -> None:
        """Start what is missing of the crew, but no more than there are jobs to hand out."""
        free = sum(member.job is None for member in self._members)
        while len(self._members) < self._size and free < len(self._queue):
            if self._failed_starts >= FAILED_STARTS:
                break
            try:
                process = GradingProcess(self._command)
            except OSError as error:
                self._fail_start(f"could not be started ({error.strerror})")
                continue
            member = _Member(process=process, deadline=time.monotonic() + self._start_seconds)
            self._members.append(member)
            self._selector.register(process.link, selectors.EVENT_READ, member)
            process.send(self._setup)
            free += 1
        if not self._members:
            raise InternalError(f"no grading process can be made ready: the last one {self._why}")

    def _hand_out(self) -> None:
        for member in self._members:
            if self._queue and member.ready and not member.job:
                member.job = self._queue.popleft()
                member.deadline = time.monotonic() + self._job_seconds
                member.process.send(member.job)

    def _wait(self) -> list[_Member]:
        soonest = min(member.deadline for member in self._members)
        seconds = None if soonest == math.inf else max(0.0, soonest - time.monotonic())
        return [key.data for key, _ in self._selector.select(seconds)]

    def _listen(self, member: _Member) -> Iterator[Result]:
        try:
            for message in member.process.receive():
                if (result := self._heed(member, message)) is not None:
                    self._hand_out()
                    yield result
        except ProcessLost as lost:
            member.process.end(tidily=False)
            yield from self._lose(member, str(lost))

    def _heed(self, member: _Member, message: Answer) -> Result | None:
        if isinstance(message, SetupFailed):
            raise _setup_error(message)
        if isinstance(message, Ready) and member.ready is None:
            member.ready = message
            member.deadline = math.inf
            self._failed_starts = 0
            return None
        if isinstance(message, Graded) and member.job:
            result = _decode(message)
            if result.submission_id == member.job.submission_id:
                member.job = None
                member.deadline = math.inf
                return result
        raise ProcessLost(f"sent an answer that nobody asked for ({type(message).__name__})")

    def _lose(self, member: _Member, why: str) -> Iterator[Result]:
        """Strike off a process that has ended; queue its job again, or give it up."""
        self._drop(member)
        if member.ready is None:
            self._fail_start(why)
            return
        job = member.job
        if job is None:
            _LOG.warning("an idle grading process %s; it is replaced when needed", why)
            return
        reasons = self._failures.setdefault(job.submission_id, [])
        reasons.append(why)
        if len(reasons) < TRIES:
            _LOG.warning("the grading process of '%s' %s; it is tried once more", job.submission_id, why)
            self._queue.append(job)
            return
        _LOG.warning("the grading process of '%s' %s; it needs to be graded anew", job.submission_id, why)
        yield lost_result(
            job,
            ready=member.ready,
            setup=self._setup,
            assignment=self._assignment,
            reference=self._reference(),
            reasons=reasons,
        )

    def _reference(self) -> Reference | None:
        if self._setup.tests != "hidden":
            return None
        return load_reference(Path(self._setup.content_root), self._assignment)

    def _fail_start(self, why: str) -> None:
        """Count a process that never got ready; the others go on."""
        self._failed_starts += 1
        self._why = why
        _LOG.warning("a grading process %s before it was ready", why)

    def _drop(self, member: _Member) -> None:
        self._members.remove(member)
        self._selector.unregister(member.process.link)


def _decode(message: Graded) -> Result:
    try:
        return decode_result(bytes(message.result))
    except msgspec.MsgspecError as error:
        raise ProcessLost(f"sent what is no result ({error})") from error


def _setup_error(failed: SetupFailed) -> TorchgradeError:
    kinds = {UsageError.exit_status: UsageError, ContentError.exit_status: ContentError}
    return kinds.get(failed.exit_status, InternalError)(failed.message)
