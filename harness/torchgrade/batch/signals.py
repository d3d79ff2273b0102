"""Ending a batch by a signal: everything is tidied up as after Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import types
from collections.abc import Iterator
from typing import NoReturn

__all__ = ["Terminated", "termination_raises"]


class Terminated(BaseException):
    """The process was asked to end; no fault, and nothing may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into ``Terminated`` in the main thread, unless they are ignored (nohup)."""

    def end(number: int, _frame: types.FrameType | None) -> NoReturn:
        raise Terminated(number)

    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
