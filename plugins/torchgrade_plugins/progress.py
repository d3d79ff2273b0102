"""Progress of a batch on stderr: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from torchgrade.plugin import Observer, Registry, hookimpl
from torchgrade.results import Result

__all__ = ["ProgressObserver", "torchgrade_observers"]

LINE_SECONDS = 5.0


@hookimpl
def torchgrade_observers(registry: Registry[Observer]) -> None:
    """Add ``progress``."""
    registry.add("progress", ProgressObserver())


class ProgressObserver:
    """Counts results as they are stored, and shows how fast and how long still."""

    def __init__(
        self, stream: Callable[[], TextIO] = lambda: sys.stderr, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Choose where to write and what tells the time in seconds."""
        self._stream = stream
        self._clock = clock
        self._bar: _Bar | None = None

    def started(self, total: int, already_done: int) -> None:
        """Begin to count."""
        self._total = total
        self._earlier = self._done = already_done
        self._not_passed = self._regrade = 0
        self._begun = self._last_line = self._clock()
        if self._stream().isatty():
            self._bar = _Bar(self._stream(), total, already_done)

    def stored(self, result: Result) -> None:
        """Count one more."""
        self._done += 1
        self._not_passed += not result.passed
        self._regrade += result.needs_regrade
        now = self._clock()
        if self._bar is not None:
            self._bar.show(self._done, self._rate(now), self._trouble())
        elif now - self._last_line >= LINE_SECONDS:
            self._last_line = now
            self._write(self._line(now))

    def finished(self) -> None:
        """Show where it ended."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._write(self._line(self._clock()))

    def _write(self, line: str) -> None:
        print(line, file=self._stream(), flush=True)

    def _line(self, now: float) -> str:
        parts = [f"graded {self._done}/{self._total}"]
        if self._earlier:
            parts.append(f"{self._earlier} of them before")
        rate = self._rate(now)
        if rate:
            parts.append(f"{rate:.1f}/s")
            if self._done < self._total:
                parts.append(f"{_duration((self._total - self._done) / rate)} left")
        return ", ".join([*parts, *self._trouble()])

    def _rate(self, now: float) -> float:
        """Submissions a second, of those graded in this run."""
        return (self._done - self._earlier) / max(now - self._begun, 1e-3)

    def _trouble(self) -> list[str]:
        parts = [f"{self._not_passed} not passed"] if self._not_passed else []
        return [*parts, f"{self._regrade} to be graded anew"] if self._regrade else parts


class _Bar:
    """The bar on a terminal."""

    def __init__(self, stream: TextIO, total: int, done: int) -> None:
        self._progress = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[trouble]}", markup=False),
            console=Console(file=stream),
            transient=True,
            redirect_stdout=False,
        )
        self._task: TaskID = self._progress.add_task(
            "grading", total=total, completed=done, rate="", trouble=""
        )
        self._progress.start()

    def show(self, done: int, rate: float, trouble: list[str]) -> None:
        self._progress.update(self._task, completed=done, rate=f"{rate:.1f}/s", trouble=", ".join(trouble))

    def stop(self) -> None:
        self._progress.stop()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
