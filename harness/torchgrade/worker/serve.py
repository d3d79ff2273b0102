"""The worker's loop: load one implementation, answer calls with data.

A student's code runs here and nowhere else. Whatever it does, the grader judges only by the frames
that arrive: no complete answer means no pass.
"""

from __future__ import annotations

import socket
from typing import Any

from torchgrade.contract import Contract
from torchgrade.wire import Bounds, Frame, Link, WireClosedError, WireError, pack, unpack
from torchgrade.worker.implementation import Implementation, describe_error

__all__ = ["Server"]

Reply = tuple[str, Any]


class Server:
    """Answers the requests of one link.

    Requests: ``load`` {files, entries}; ``call`` [hook, arguments, echo]; ``method`` [handle, name,
    arguments]; ``release`` [handle, ...]; ``ping``. Replies: ``loaded``, ``value`` [arguments
    after the call if echo, value], ``raised``, ``unsendable``, ``pong``.
    """

    def __init__(self, contract: Contract, *, tensors: bool) -> None:
        self._contract = contract
        self._tensors = tensors

    def serve(self, stream: socket.socket, folder: str) -> None:
        """Answer until the grader hangs up."""
        link = Link(stream, Bounds())
        implementation = Implementation(self._contract, folder)
        while True:
            try:
                frame = link.receive()
            except WireClosedError:
                return
            self._answer(link, implementation, frame)

    def _answer(self, link: Link, implementation: Implementation, frame: Frame) -> None:
        try:
            kind, value = self._handle(implementation, frame)
        except BaseException as error:  # noqa: BLE001 - a student's SystemExit is an answer too
            kind, value = "raised", describe_error(error)
        try:
            link.send(kind, frame.nonce, pack(value))
        except WireClosedError:
            raise
        except (WireError, MemoryError) as error:
            link.send("unsendable", frame.nonce, pack(str(error)[:2_000]))

    def _handle(self, implementation: Implementation, frame: Frame) -> Reply:
        if frame.kind == "ping":
            return "pong", None
        request = unpack(frame.tree, frame.arrays, tensors=self._tensors, resolve=implementation.resolve)
        if frame.kind == "load":
            return "loaded", implementation.load(request["files"], request["entries"])
        if frame.kind == "release":
            implementation.release(request)
            return "pong", None
        if frame.kind == "method":
            target, name, arguments = request
            return "value", [None, implementation.call_method(target, name, arguments)]
        name, arguments, echo = request
        value = implementation.call(name, arguments)
        # Arguments first: unchanged, they then pack to the same tree as in the request.
        return "value", [arguments, value] if echo else [None, value]
