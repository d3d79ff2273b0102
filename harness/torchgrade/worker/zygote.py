"""The zygote: imports what every worker needs, then forks a keeper for each request.

It stays single-threaded, for a process that has used a thread pool must not fork. It never runs a
student's code, and it ends when the grader's end of the control socket closes. With it end all
keepers: only the zygote holds the other end of their lifeline.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import traceback

import msgspec

from torchgrade.contract import load_contract
from torchgrade.wire import Bounds
from torchgrade.worker.config import CONTENT_FAULT, FORK, ZygoteConfig, cores_in, receive_block, send_block
from torchgrade.worker.keeper import Ends, keep
from torchgrade.worker.off_limits import OffLimitsNameError, enforce
from torchgrade.worker.removal import remove_tree
from torchgrade.worker.serve import Server

__all__ = ["main"]

# Two connections, and a control group in each of some hierarchies.
DESCRIPTORS_PER_REQUEST = 8


class _PreloadError(Exception):
    """The manifest names a module that is not there: the author's to mend."""


def main(control_descriptor: int) -> None:
    """Serve the control socket until it closes.

    Protocol: one block with a ``ZygoteConfig``, answered by the block ``b"ready"`` or by an error
    text; then, for each worker, a ``FORK`` with descriptors: its end of the wire, of the leash, and the
    entrances of its control groups, if any.
    """
    _close_all_but(control_descriptor)
    control = socket.socket(fileno=control_descriptor)
    block = receive_block(control)
    if block is None:
        return
    try:
        config = msgspec.msgpack.decode(block, type=ZygoteConfig)
        server = _prepare(config)
    except (OffLimitsNameError, _PreloadError) as error:
        send_block(control, CONTENT_FAULT + str(error).encode(errors="replace"))
        return
    except BaseException:  # noqa: BLE001 - whatever it is, the grader must hear of it
        send_block(control, traceback.format_exc().encode(errors="replace"))
        return
    send_block(control, b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    alive, lifeline = os.pipe()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, FORK.size, DESCRIPTORS_PER_REQUEST)
        if not message:
            break
        data, leash = (socket.socket(fileno=descriptor) for descriptor in descriptors[:2])
        ends = Ends(
            data=data, leash=leash, lifeline=alive, groups=tuple(descriptors[2:]), cores=cores_in(message)
        )
        # Where there is no room for a process the grader sees its ends close.
        with data, leash, contextlib.suppress(OSError):
            if os.fork() == 0:
                os.close(lifeline)
                _run_keeper(config, server, control, ends)
        ends.close_groups()
    os.close(lifeline)
    _clear(config)


def _clear(config: ZygoteConfig) -> None:
    """Wait for the keepers to end, then remove what a grader that was killed cannot."""
    with contextlib.suppress(ChildProcessError):  # SIGCHLD is ignored: this is how the wait ends
        while True:
            os.wait()
    if config.temporary is not None:
        remove_tree(config.temporary)


def _close_all_but(descriptor: int) -> None:
    """Close what the sandbox has left open beside the standard streams: no worker shall inherit it."""
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


def _prepare(config: ZygoteConfig) -> Server:
    for name in config.preload:
        _import(name)
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.set_num_threads(1)
        torch.ones(1).add_(1)  # now it learns from /proc/cpuinfo what this processor can do: no worker can
    contract = load_contract(config.contract_source, config.contract_filename)
    enforce(config.off_limits, config.off_limits_ops)
    server = Server(contract, tensors=config.tensors, bounds=Bounds(array_bytes=config.memory_bytes))
    gc.collect()
    gc.freeze()  # what is shared with the workers is not touched by their collections
    return server


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError as error:
        if error.name != name:
            raise
        raise _PreloadError(f"preload: there is no module '{name}'") from error


def _run_keeper(config: ZygoteConfig, server: Server, control: socket.socket, ends: Ends) -> None:
    status = 1
    try:
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        keep(config, ends, server.serve)
        status = 0
    except BaseException:  # noqa: BLE001 - shown by the grader as its own fault; nothing else can be done here
        traceback.print_exc()
    finally:
        os._exit(status)
