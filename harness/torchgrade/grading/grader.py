"""Grading one submission: load, rules, worker, tests, result."""

from __future__ import annotations

import datetime as dt
import logging
import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torchgrade.budget.lane import QuietLane
from torchgrade.budget.suite import BudgetSuite, Modules
from torchgrade.content import Assignment
from torchgrade.errors import InternalError, SubmissionError
from torchgrade.grading.cells import NotebookImplementation, in_cells
from torchgrade.grading.jobs import Job
from torchgrade.grading.suite import OWN_FAULT, TestSuite
from torchgrade.plugin import Plugins, choose_loader
from torchgrade.remote.answers import Answer, AnswerKind, Implementation
from torchgrade.remote.managed import ManagedImplementation
from torchgrade.remote.worker import Loaded
from torchgrade.remote.zygote import Zygote
from torchgrade.results import (
    AssignmentInfo,
    CapturedText,
    Note,
    NoteKind,
    Outcome,
    Provenance,
    Result,
    TestOutcome,
)
from torchgrade.submission import LoadLimits, Submission
from torchgrade.testing.bench import AnswerBook
from torchgrade.testing.messages import bounded, clean, describe_raised, describe_refused

__all__ = ["Grader"]

OUTPUT_CHARACTERS = 65_536
NOTES = 50
NOTE_LINES = 6
_LOG = logging.getLogger(__name__)


class _Clock:
    """Wall time of the phases of one submission."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


class Grader:
    """Grades submission after submission of one assignment.

    Args:
        assignment: what they answer.
        plugins: loaders and rules.
        zygote: where their workers come from.
        suite: the collected tests.
        budgets: what is measured after them.
        lane: keeps others quiet while something is measured.
        reference: asked for its share of the time; None for public tests.
        provenance: what all results have in common.
        on_progress: called with each text that a submission reports of long work.
    """

    def __init__(
        self,
        *,
        assignment: Assignment,
        plugins: Plugins,
        zygote: Zygote,
        suite: TestSuite,
        budgets: BudgetSuite,
        lane: QuietLane,
        reference: AnswerBook | None,
        provenance: Provenance,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        self._assignment = assignment
        self._plugins = plugins
        self._zygote = zygote
        self._suite = suite
        self._budgets = budgets
        self._lane = lane
        self._reference = reference
        self._provenance = provenance
        self._on_progress = on_progress
        self._off_limits = _mention(assignment.manifest.off_limits)

    def grade(self, job: Job) -> Result:
        """Return the result of one submission, whatever is wrong with it.

        A fault of the grader itself makes every test an internal error, to be graded again.

        Raises:
            InternalError: if the grader cannot go on at all (its zygote is gone).
        """
        started_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        clock = _Clock()
        waited = self._lane.waited_seconds
        before = self._reference.call_seconds if self._reference is not None else 0.0
        with clock.phase("total"):
            try:
                draft = self._grade(job, clock)
            except Exception:
                if not self._zygote.alive:
                    raise
                draft = self._own_fault()
        clock.seconds["lane"] = self._lane.waited_seconds - waited
        if self._reference is not None:
            clock.seconds["reference_calls"] = self._reference.call_seconds - before
        return Result(
            submission_id=job.submission_id,
            students=job.students,
            assignment=AssignmentInfo(id=self._assignment.id, title=self._assignment.manifest.title),
            tests=draft.tests,
            provenance=self._complete(draft, started_at, clock.seconds),
            failure=draft.failure,
            notes=_bounded_notes(draft.notes),
            stdout=draft.stdout,
            stderr=draft.stderr,
        )

    def _grade(self, job: Job, clock: _Clock) -> _Draft:
        draft = _Draft()
        try:
            with clock.phase("load"):
                submission = self._load(job)
        except SubmissionError as error:
            draft.failure = bounded(f"your submission cannot be read: {error}")
            draft.tests = self._none_ran(Outcome.NOT_RUN, draft.failure)
            return draft
        draft.sha256 = submission.sha256
        draft.notes += [Note(kind=NoteKind.LOAD, text=text) for text in submission.notes]
        with self._lane.beside_others():
            self._run(submission, draft, clock)
        if not draft.failure:
            waited = self._lane.waited_seconds
            with clock.phase("budgets"):
                draft.tests += self._budgets.run(_modules(submission), draft.tests)
            clock.seconds["budgets"] -= self._lane.waited_seconds - waited
        return draft

    def _own_fault(self) -> _Draft:
        draft = _Draft()
        draft.tests = self._none_ran(
            Outcome.INTERNAL_ERROR, OWN_FAULT, instructor_message=traceback.format_exc()[-8_000:]
        )
        return draft

    def _none_ran(
        self, outcome: Outcome, message: str, instructor_message: str = ""
    ) -> tuple[TestOutcome, ...]:
        return (
            *self._suite.none_ran(outcome, message, instructor_message),
            *self._budgets.none_ran(outcome, message, instructor_message),
        )

    def _load(self, job: Job) -> Submission:
        path = Path(job.path)
        loader = choose_loader(self._plugins.loaders, path)
        return loader.load(path, submission_id=job.submission_id, limits=LoadLimits())

    def _advise(self, submission: Submission, loaded: Loaded | Answer) -> list[Note]:
        """Ask the rules where there is something to advise on: reading source takes longer than grading.

        That is where the import failed, where the contract is not met, or where something off limits is
        mentioned.
        """
        healthy = isinstance(loaded, Loaded) and not loaded.problems
        if healthy and not any(self._off_limits.search(file.content) for file in submission.files):
            return []
        notes: list[Note] = []
        for name, rule in self._plugins.rules:
            try:
                notes += rule.notes(submission, self._assignment)
            except Exception:  # noqa: BLE001 - advice only: it must not cost the student a grading
                _LOG.exception("rule '%s' failed on '%s'", name, submission.id)
        return notes

    def _run(self, submission: Submission, draft: _Draft, clock: _Clock) -> None:
        modules = _modules(submission)
        limits = self._assignment.manifest.limits
        student = ManagedImplementation(self._zygote, modules.files, modules.entries, limits, self._tell)
        draft.sandbox = self._zygote.level.value
        try:
            with clock.phase("import"):
                loaded = student.start()
            with clock.phase("rules"):
                draft.notes += self._advise(submission, loaded)
            if isinstance(loaded, Answer):
                draft.failure, outcome = _explain_import(in_cells(loaded, submission), submission)
                draft.tests = self._none_ran(outcome, draft.failure)
            else:
                draft.notes += _contract_notes(loaded, draft.notes)
                with clock.phase("tests"):
                    draft.tests = self._suite.run(_answering(student, submission))
            if not self._zygote.alive:
                raise InternalError("the zygote is gone, and the submission's worker with it")
        finally:
            with clock.phase("end"):
                student.finish()
        clock.seconds["student_calls"] = student.call_seconds
        reports = student.reports
        draft.stdout = _captured([(report.stdout, report.stdout_bytes) for report in reports])
        draft.stderr = _captured([(report.stderr, report.stderr_bytes) for report in reports])

    def _tell(self, text: str) -> None:
        if self._on_progress is not None:
            self._on_progress(bounded(text, 1))

    def _complete(self, draft: _Draft, started_at: str, seconds: Mapping[str, float]) -> Provenance:
        return msgspec.structs.replace(
            self._provenance,
            sandbox=draft.sandbox,
            submission_sha256=draft.sha256,
            started_at=started_at,
            phase_seconds={name: round(value, 6) for name, value in seconds.items()},
        )


def _mention(off_limits: Sequence[str]) -> re.Pattern[bytes]:
    """Return what finds the last word of any name: ``LSTM`` of ``torch.nn.LSTM``, however it was imported."""
    words = (next(part for part in reversed(name.split(".")) if part.strip("*?")) for name in off_limits)
    patterns = [re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w") for word in words]
    # An empty alternative would match everywhere.
    return re.compile(rb"\b(?:%s)\b" % "|".join(patterns).encode() if patterns else rb"(?!)")


class _Draft:
    """What is known of a result so far."""

    def __init__(self) -> None:
        self.tests: tuple[TestOutcome, ...] = ()
        self.failure = ""
        self.notes: list[Note] = []
        self.stdout = CapturedText()
        self.stderr = CapturedText()
        self.sandbox = "none"
        self.sha256 = ""


def _modules(submission: Submission) -> Modules:
    files = {file.path: file.content for file in submission.files}
    return Modules(files=files, entries=[submission.entry])


def _answering(student: ManagedImplementation, submission: Submission) -> Implementation:
    return NotebookImplementation(student, submission) if submission.lines else student


def _bounded_notes(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes clean, short and few, however much there was to say."""
    kept = tuple(
        msgspec.structs.replace(note, text=bounded(note.text, NOTE_LINES), hook=bounded(note.hook, 1))
        for note in notes[:NOTES]
    )
    if len(notes) == len(kept):
        return kept
    return (*kept, Note(kind=notes[NOTES].kind, text=f"and {len(notes) - NOTES} more of such notes"))


def _captured(parts: list[tuple[bytes, int]]) -> CapturedText:
    text = clean("".join(kept.decode(errors="replace") for kept, _ in parts))
    lost = any(total > len(kept) for kept, total in parts)
    return CapturedText(text=text[:OUTPUT_CHARACTERS], truncated=lost or len(text) > OUTPUT_CHARACTERS)


def _contract_notes(loaded: Loaded, advice: Sequence[Note]) -> list[Note]:
    """Return what the worker found amiss, but for hooks of which a rule has told already, with the line."""
    told = {note.hook for note in advice if note.hook}
    return [
        Note(kind=NoteKind.CONTRACT, text=bounded(text, 1), hook=hook)
        for hook, text in loaded.problems
        if hook not in told
    ]


def _explain_import(answer: Answer, submission: Submission) -> tuple[str, Outcome]:
    """Say why a submission could not be imported, and what that makes of its tests."""
    name = "notebook" if submission.lines else clean(submission.entry)
    match answer.kind:
        case AnswerKind.RAISED:
            assert answer.raised is not None
            refused = describe_refused(answer.raised)
            if refused:
                return f"your {name} {refused}", Outcome.ERROR
            outcome = Outcome.MEMORY if "MemoryError" in answer.raised.types else Outcome.ERROR
            return f"importing your {name} raised {describe_raised(answer.raised)}", outcome
        case AnswerKind.TIMEOUT:
            text = f"importing your {name} did not finish: {answer.detail}"
            return f"{text}; is there a loop outside of your functions?", Outcome.TIMEOUT
        case _:
            outcome = Outcome.MEMORY if answer.kind is AnswerKind.OUT_OF_MEMORY else Outcome.ERROR
            return f"importing your {name} failed: {bounded(answer.detail, 1)}", outcome
