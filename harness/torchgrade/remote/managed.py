"""An implementation that outlives its worker: after a crash or a time-out a fresh one takes over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from torchgrade.content import Limits
from torchgrade.remote.answers import Answer, AnswerKind, Call, MethodCall
from torchgrade.remote.worker import Loaded, RemoteWorker
from torchgrade.remote.zygote import Zygote
from torchgrade.worker.config import ExitReport

__all__ = ["ManagedImplementation"]

TIMEOUTS_PER_HOOK = 2


class ManagedImplementation:
    """Answers calls from files, within the limits of one submission.

    Args:
        zygote: where its workers come from.
        files: contents by relative path.
        entries: modules with hooks, later ones replacing hooks of earlier ones.
        limits: what it may use in all.
        on_progress: called with each text that it reports of long work.

    Attributes:
        reports: of its workers that have ended.
        import_seconds, call_seconds: wall time of all imports (one a worker) and of all calls.
        spent_seconds: what counts against ``submission_seconds``: these, and the time that it took to read
            the answers and to end workers that had died or lied, which a submission can draw out.
    """

    def __init__(
        self,
        zygote: Zygote,
        files: Mapping[str, bytes],
        entries: Sequence[str],
        limits: Limits,
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        self._zygote = zygote
        self._files = files
        self._entries = entries
        self._limits = limits
        self._on_progress = on_progress
        self._worker: RemoteWorker | None = None
        self._loaded: Loaded | None = None
        self._failure: Answer | None = None
        self._following: Call | None = None
        self._timeouts: Counter[str] = Counter()
        self.reports: list[ExitReport] = []
        self.import_seconds = 0.0
        self.call_seconds = 0.0
        self.spent_seconds = 0.0

    def start(self) -> Loaded | Answer:
        """Import the files.

        Returns:
            What can be called, or the answer that tells why nothing can.
        """
        self._collect()
        worker = self._zygote.worker()
        worker.on_progress = self._on_progress
        with self._spending():
            started = time.perf_counter()
            told = worker.load(self._files, self._entries, min(self._limits.import_seconds, self._left()))
            self.import_seconds += time.perf_counter() - started
            self._worker = worker
            if isinstance(told, Answer):
                self._failure = told
                self._collect()
            else:
                self._loaded = told
        return told

    def expect(self, call: Call | None) -> None:
        """Say which call will follow the next one, so that it can be sent ahead."""
        self._following = call

    def answer(self, call: Call) -> Answer:
        """Return what came of the call; never raises for a fault of the implementation."""
        following, self._following = self._following, None
        name = call.hook.name
        refusal = self._refusal(name)
        if refusal is not None:
            return refusal
        if self._worker is None:
            told = self.start()
            if isinstance(told, Answer):
                return told
        assert self._worker is not None
        seconds = min(self._limits.call_seconds, self._left())
        with self._spending():
            answer = self._worker.call(call, seconds, following)
            self._note(name, answer)
        return answer

    def answer_method(self, call: MethodCall) -> Answer:
        """Return what came of calling methods of an object that an earlier answer told of."""
        refusal = self._refusal(call.hook.name)
        if refusal is not None:
            return refusal
        if self._worker is None:
            return Answer(
                kind=AnswerKind.DIED, detail=f"the object of `{call.hook.name}` went with its process"
            )
        seconds = min(self._limits.call_seconds, self._left())
        with self._spending():
            answer = self._worker.call_methods(call.handle, call.steps, seconds)
            self._note(call.hook.name, answer)
        return answer

    def finish(self) -> None:
        """End the worker; the reports are complete then."""
        self._collect()

    def _note(self, hook: str, answer: Answer) -> None:
        self.call_seconds += answer.wall_seconds
        if answer.kind is AnswerKind.TIMEOUT:
            self._timeouts[hook] += 1
        if self._worker is not None and not self._worker.alive:
            self._collect()

    def _left(self) -> float:
        return self._limits.submission_seconds - self.spent_seconds

    @contextmanager
    def _spending(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent_seconds += time.perf_counter() - started

    def _refusal(self, name: str) -> Answer | None:
        if self._failure is not None and self._loaded is None:
            return self._failure
        if self._loaded is not None and name not in self._loaded.usable:
            text = next((text for hook, text in self._loaded.problems if hook == name), "")
            return Answer(kind=AnswerKind.MISSING, detail=text)
        if self._timeouts.get(name, 0) >= TIMEOUTS_PER_HOOK:
            detail = f"it ran into the time limit {TIMEOUTS_PER_HOOK} times already and was not called again"
            return Answer(kind=AnswerKind.OUT_OF_TIME, detail=detail)
        if self._left() <= 0:
            detail = f"the submission has used up its {self._limits.submission_seconds:g} s in all"
            return Answer(kind=AnswerKind.OUT_OF_TIME, detail=detail)
        return None

    def _collect(self) -> None:
        if self._worker is not None:
            report = self._worker.end()
            if report is not None:
                self.reports.append(report)
            self._worker = None
