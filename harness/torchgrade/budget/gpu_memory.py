"""How much memory of a GPU is in use, as the driver tells the grader (NVML), whatever a worker says."""

from __future__ import annotations

import threading
import time
from types import ModuleType
from typing import Protocol, Self

from torchgrade.errors import InternalError

__all__ = ["Gauge", "MemoryGauge", "NoGaugeError", "PeakWatch"]

LOOK_SECONDS = 0.001
# A driver gives memory of a process back some time after its end.
REST_SECONDS = 10.0
REST_PAUSE_SECONDS = 0.02
# By so much the driver's own use moves.
SLACK_BYTES = 2 * 1024 * 1024


class NoGaugeError(Exception):
    """Nobody tells how much memory of the GPU is in use."""


class Gauge(Protocol):
    """Tells how much is in use."""

    def used_bytes(self) -> int:
        """Return the bytes in use on the whole device, by whomever."""
        ...


class MemoryGauge:
    """Asks the driver.

    Args:
        identity: the GPU's UUID; empty for the first.

    Raises:
        NoGaugeError: if the driver's library, or Python's way to it, is missing or refuses.
    """

    def __init__(self, identity: str) -> None:
        self._nvml = _library()
        try:
            self._nvml.nvmlInit()
            self._device = (
                self._nvml.nvmlDeviceGetHandleByUUID(identity)
                if identity
                else self._nvml.nvmlDeviceGetHandleByIndex(0)
            )
            self.used_bytes()
        except self._nvml.NVMLError as error:
            raise NoGaugeError(str(error)) from error

    def used_bytes(self) -> int:
        """Return the bytes in use on the whole device, by whomever."""
        return int(self._nvml.nvmlDeviceGetMemoryInfo(self._device).used)

    def close(self) -> None:
        """Let go of the driver."""
        self._nvml.nvmlShutdown()


def _library() -> ModuleType:
    try:
        import pynvml
    except ImportError as error:
        raise NoGaugeError(
            "nvidia-ml-py is not installed (python -m pip install 'torchgrade[gpu]')"
        ) from error
    module: ModuleType = pynvml
    return module


class PeakWatch:
    """Looks on, from a thread of the grader's, while a worker lives.

    Entered on a GPU that rests; what is in use then is what all else is counted from.

    Attributes:
        peak_bytes: the most that was in use beyond that.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._before = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._failure: Exception | None = None
        self.peak_bytes = 0

    def __enter__(self) -> Self:
        self._before = self._gauge.used_bytes()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Look now: a caching allocator still holds what the call took at most."""
        self.peak_bytes = max(self.peak_bytes, self._gauge.used_bytes() - self._before)

    def check(self) -> None:
        """Make sure that nobody else has used the GPU: once the worker has ended it must come to rest.

        Raises:
            InternalError: if somebody has, or the gauge has failed.
        """
        if self._failure is not None:
            raise InternalError(f"the memory of the GPU cannot be told any more: {self._failure}")
        deadline = time.monotonic() + REST_SECONDS
        while abs(self._gauge.used_bytes() - self._before) > SLACK_BYTES:
            if time.monotonic() > deadline:
                raise InternalError("the GPU does not come to rest: others use it too")
            time.sleep(REST_PAUSE_SECONDS)

    def _look_on(self) -> None:
        try:
            while not self._over.wait(LOOK_SECONDS):
                self.look()
        except Exception as error:  # noqa: BLE001 - told by check, in the thread that can do something about it
            self._failure = error
