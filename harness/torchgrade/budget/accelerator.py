"""The device on which budgets for a GPU are measured: tried once, by a worker that is in nobody's service.

It has a zygote of its own: what a GPU's driver needs to see and to ask for is open to the workers that are
measured on it, and to no others.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from torchgrade.budget.gpu_memory import MemoryGauge, NoGaugeError
from torchgrade.content import Assignment, load_assignment
from torchgrade.errors import InternalError
from torchgrade.remote.answers import AnswerKind
from torchgrade.remote.cgroups import control_groups
from torchgrade.remote.gpu import NoGpuError, find_gpu
from torchgrade.remote.zygote import Zygote
from torchgrade.sandbox import Gpu, Level, Sandbox
from torchgrade.testing.messages import bounded, describe_raised
from torchgrade.worker.device import CUDA

__all__ = ["ATTEMPT_SECONDS", "Accelerator", "why_no_gpu"]

# A driver that sleeps while nobody uses it takes long to wake.
ATTEMPT_SECONDS = 60.0
_MANIFEST = 'title = "GPU"\npackages = ["numpy", "torch"]\n'
_CONTRACT = "from torchgrade import hookspec\n\n@hookspec(firstresult=True)\ndef add(x): ...\n"


class Accelerator:
    """A GPU for workers; nothing is looked at or started before it is asked for.

    Args:
        sandbox: where workers run.
        assignment: whose workers they are.
    """

    def __init__(self, sandbox: Sandbox, assignment: Assignment) -> None:
        self._sandbox = sandbox
        self._assignment = assignment
        self._zygote: Zygote | None = None
        self._gpu: Gpu | None = None
        self._reason: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def why_not(self) -> str:
        """Say why workers cannot use a GPU here, or nothing; tried once."""
        if self._reason is None:
            self._reason = self._try()
            if self._reason:
                self.close()
        return self._reason

    def why_no_memory(self) -> str:
        """Say why the memory of the GPU cannot be told, or nothing."""
        if self.why_not():
            return self.why_not()
        try:
            self.gauge().close()
        except NoGaugeError as error:
            return f"the memory of the GPU cannot be told: {error}"
        return ""

    def gauge(self) -> MemoryGauge:
        """Return what tells how much memory of the GPU is in use; the caller closes it.

        Raises:
            NoGaugeError: if nobody tells.
        """
        assert self._gpu is not None
        return MemoryGauge(self._gpu.identity)

    @property
    def zygote(self) -> Zygote:
        """Where the workers come from; there is one if nothing speaks against it."""
        assert self._zygote is not None
        return self._zygote

    def close(self) -> None:
        """End what was started."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _try(self) -> str:
        why = self._missing() or self._refused()
        return bounded(f"no GPU that workers can use: {why}", 1) if why else ""

    def _missing(self) -> str:
        if "torch" not in self._assignment.manifest.packages:
            return "they have no torch"
        try:
            self._gpu = find_gpu()
        except NoGpuError as error:
            return str(error)
        if self._sandbox.level is not Level.PROCESS and not control_groups().hierarchies:
            # The driver needs shared memory and an unbounded address space.
            return f"without control groups nothing would bound their memory ({control_groups().reason})"
        return ""

    def _refused(self) -> str:
        """Have a fresh worker use the GPU; return why it cannot, or nothing."""
        try:
            self._zygote = Zygote(self._sandbox, self._assignment, self._gpu)
            worker = self._zygote.worker()
            try:
                answer = worker.attempt(CUDA, ATTEMPT_SECONDS)
            finally:
                worker.end()
        except InternalError as error:
            return str(error)
        if answer.kind is AnswerKind.VALUE:
            return ""
        return describe_raised(answer.raised) if answer.raised is not None else answer.detail


def why_no_gpu(sandbox: Sandbox) -> str:
    """Say why workers of this sandbox cannot use a GPU, or nothing: tried with an assignment of no use."""
    with tempfile.TemporaryDirectory(prefix="torchgrade-") as root:
        folder = Path(root, "assignments", "gpu")
        folder.mkdir(parents=True)
        (folder / "assignment.toml").write_text(_MANIFEST, encoding="utf-8")
        (folder / "contract.py").write_text(_CONTRACT, encoding="utf-8")
        with Accelerator(sandbox, load_assignment(Path(root), "gpu")) as accelerator:
            return accelerator.why_no_memory()
