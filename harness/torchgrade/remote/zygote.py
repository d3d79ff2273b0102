"""A running zygote, and the workers that it forks."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from torchgrade.content import Assignment, Limits, Manifest
from torchgrade.errors import ContentError, InternalError
from torchgrade.remote.cgroups import control_groups
from torchgrade.remote.packages import worker_packages
from torchgrade.remote.worker import RemoteWorker
from torchgrade.sandbox import Gpu, Level, Sandbox, View
from torchgrade.wire import Bounds
from torchgrade.worker.config import CONTENT_FAULT, ZygoteConfig, fork_request, receive_block, send_block
from torchgrade.worker.removal import remove_tree

__all__ = ["Zygote"]

START_SECONDS = 120.0
END_SECONDS = 5.0
MIB = 1024 * 1024
# What the driver of a GPU takes of a worker's limits, at the most, before it has done anything for it.
DRIVER_MIB = 2_048
DRIVER_FILES = 256
DRIVER_THREADS = 64


class Zygote:
    """Starts a zygote for one assignment and asks it for workers.

    One worker is always forked ahead, so that asking for one costs no fork.

    Args:
        sandbox: where to start it.
        assignment: whose contract and packages it loads.
        gpu: that its workers may use, if any.

    Raises:
        InternalError: if it cannot be started.
        ContentError: if a package of the assignment is missing, or what it rules out means nothing.
    """

    def __init__(self, sandbox: Sandbox, assignment: Assignment, gpu: Gpu | None = None) -> None:
        limits = assignment.manifest.limits
        self._limits = limits = limits if gpu is None else _with_room_for_a_driver(limits)
        self._groups = control_groups()
        memory_bytes = limits.memory_mib * MIB
        self._bounds = Bounds(array_bytes=memory_bytes)
        packages = worker_packages(assignment.manifest.packages)
        view = View(packages=packages, memory_bytes=memory_bytes, gpu=gpu)
        self._tensors = "torch" in assignment.manifest.packages
        contract_source = assignment.contract_path.read_text(encoding="utf-8")
        self._spare: RemoteWorker | None = None
        self._zygote = zygote = sandbox.start(view)
        config = ZygoteConfig(
            preload=_preloaded(assignment.manifest),
            off_limits=assignment.manifest.off_limits,
            off_limits_ops=assignment.manifest.off_limits_ops,
            contract_source=contract_source,
            contract_filename="contract.py",
            tensors=self._tensors,
            confinement=zygote.confinement,
            scratch=zygote.scratch,
            temporary=None if zygote.temporary is None else str(zygote.temporary),
            memory_bytes=memory_bytes,
            cpu_seconds=int(limits.submission_seconds),
            file_bytes=limits.file_mib * MIB,
            open_files=limits.open_files,
            processes=limits.processes,
        )
        try:
            self._greet(config, assignment.manifest_path)
            self._spare = self._fork()
        except BaseException:
            self.close()
            raise

    @property
    def level(self) -> Level:
        """The sandbox level of its workers."""
        return self._zygote.level

    @property
    def counts_memory(self) -> bool:
        """Whether a worker cannot hold memory that is not counted.

        Without control groups a keeper looks at processes and private file systems; at ``confined`` files
        lie elsewhere. Level ``process`` promises nothing.
        """
        spare = self._spare
        if self.level is Level.PROCESS or (spare is not None and spare.counts_all):
            return True
        return self.level is Level.ISOLATED and not self._groups.hierarchies

    @property
    def alive(self) -> bool:
        """Whether it can still be asked for workers."""
        return self._zygote.process.poll() is None

    @property
    def process_id(self) -> int:
        """The process that was started; zygote and workers are among its descendants."""
        return self._zygote.process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def worker(self, cores: Sequence[int] = ()) -> RemoteWorker:
        """Return a fresh worker; the caller ends it.

        Args:
            cores: the only ones that it and all that it starts may use; any, if none are named.

        Raises:
            InternalError: if the zygote is gone.
        """
        if cores:
            return self._fork(cores)
        fresh = self._fork()  # if this fails the spare one is still there to be ended
        worker, self._spare = self._spare, fresh
        assert worker is not None
        return worker

    def close(self) -> None:
        """End the zygote and with it, at any level, every worker that is left."""
        if self._spare is not None:
            self._spare.end()
            self._spare = None
        self._zygote.control.close()
        process = self._zygote.process
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._zygote.temporary is not None:
            remove_tree(self._zygote.temporary)
        self._groups.clear(END_SECONDS)  # a group that could not go yet: its last process was still ending

    def _greet(self, config: ZygoteConfig, manifest: Path) -> None:
        control = self._zygote.control
        control.settimeout(START_SECONDS)
        try:
            send_block(control, msgspec.msgpack.encode(config))
            answer = receive_block(control)
        except OSError as error:
            raise InternalError(f"the zygote did not start: {error}") from error
        if answer is not None and answer.startswith(CONTENT_FAULT):
            told = answer.removeprefix(CONTENT_FAULT).decode(errors="replace")
            raise ContentError(f"{manifest}: {told}")
        if answer != b"ready":
            told = (answer or b"it ended without a word").decode(errors="replace")
            raise InternalError(f"the zygote did not start ({self.level}): {told}")

    def _fork(self, cores: Sequence[int] = ()) -> RemoteWorker:
        data, worker_data = socket.socketpair()
        leash, keeper_leash = socket.socketpair()
        group = self._groups.make(self._limits.memory_mib * MIB, self._limits.processes)
        with worker_data, keeper_leash:
            try:
                descriptors = [worker_data.fileno(), keeper_leash.fileno()]
                descriptors += () if group is None else group.entrances
                socket.send_fds(self._zygote.control, [fork_request(cores)], descriptors)
            except OSError as error:
                for ours in (data, leash):
                    with contextlib.suppress(OSError):
                        ours.close()
                if group is not None:
                    group.end()
                status = self._zygote.process.poll()
                raise InternalError(f"the zygote is gone (exit status {status})") from error
        if group is not None:
            group.close_entrances()
        return RemoteWorker(data, leash, self._bounds, tensors=self._tensors, group=group)


def _preloaded(manifest: Manifest) -> tuple[str, ...]:
    """Return the modules that are imported once for all workers."""
    slow = tuple(name for name in manifest.packages if name in {"numpy", "torch"})
    return slow + manifest.preload


def _with_room_for_a_driver(limits: Limits) -> Limits:
    return msgspec.structs.replace(
        limits,
        memory_mib=limits.memory_mib + DRIVER_MIB,
        open_files=limits.open_files + DRIVER_FILES,
        processes=limits.processes + DRIVER_THREADS,
    )
