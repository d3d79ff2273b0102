"""The zygote: imports what every worker needs, then forks a keeper for each request.

It stays single-threaded, for a process that has used a thread pool must not fork. It never runs a
student's code, and it ends when the grader's end of the control socket closes.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
import traceback

import msgspec

from torchgrade.contract import load_contract
from torchgrade.worker.config import ZygoteConfig, receive_block, send_block
from torchgrade.worker.keeper import keep
from torchgrade.worker.serve import Server

__all__ = ["main"]

DESCRIPTORS_PER_REQUEST = 2


def main(control_descriptor: int) -> None:
    """Serve the control socket until it closes.

    Protocol: one block with a ``ZygoteConfig``, answered by the block ``b"ready"`` or by an error
    text; then, for each worker, one byte with two descriptors: its end of the wire and of the leash.
    """
    control = socket.socket(fileno=control_descriptor)
    block = receive_block(control)
    if block is None:
        return
    try:
        config = msgspec.msgpack.decode(block, type=ZygoteConfig)
        server = _prepare(config)
    except BaseException:  # noqa: BLE001 - whatever it is, the grader must hear of it
        send_block(control, traceback.format_exc().encode(errors="replace"))
        return
    send_block(control, b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, DESCRIPTORS_PER_REQUEST)
        if not message:
            return
        data, leash = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        if os.fork() == 0:
            _run_keeper(config, server, control, data, leash)
        data.close()
        leash.close()


def _prepare(config: ZygoteConfig) -> Server:
    for name in config.preload:
        importlib.import_module(name)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    contract = load_contract(config.contract_source, config.contract_filename)
    server = Server(contract, tensors=config.tensors)
    gc.collect()
    gc.freeze()  # what is shared with the workers is not touched by their collections
    return server


def _run_keeper(
    config: ZygoteConfig,
    server: Server,
    control: socket.socket,
    data: socket.socket,
    leash: socket.socket,
) -> None:
    status = 1
    try:
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        keep(config, data, leash, server.serve)
        status = 0
    except BaseException:  # noqa: BLE001 - shown by the grader as its own fault; nothing else can be done here
        traceback.print_exc()
    finally:
        os._exit(status)
