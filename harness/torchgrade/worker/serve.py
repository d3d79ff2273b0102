"""The worker's loop: load one implementation, answer calls with data.

A student's code runs here and nowhere else. Whatever it does, the grader judges only by the frames
that arrive: no complete answer means no pass.
"""

from __future__ import annotations

import gc
import socket
import sys
from functools import partial
from typing import Any

from torchgrade.contract import Contract
from torchgrade.progress import listen
from torchgrade.wire import (
    Bounds,
    Frame,
    Handle,
    Link,
    Packed,
    WireClosedError,
    WireError,
    pack,
    pack_named,
    unpack,
)
from torchgrade.worker import device
from torchgrade.worker.implementation import Implementation, plain_text
from torchgrade.worker.limits import give_back_at_once
from torchgrade.worker.script import Earlier, earlier_handle, play, resolver

__all__ = ["Server"]

Reply = tuple[str, Packed]
_OF_A_DEVICE = frozenset(("settle", "attempt", "allocated"))
_PONGS = frozenset(("ping", "keep", "spare"))


class Server:
    """Answers the requests of one link.

    Its first frame is ``ready``. Requests: ``load`` [files, entries]; ``call`` [hook, echo,
    device, argument, ...], the device empty for wherever tensors are; ``script`` [hook, echo, device, steps,
    argument, ...] (see ``script``); ``methods`` [handle, steps, argument, ...], in steps a method's name
    and how many of the arguments are its, and so on; ``release`` [handle, ...];
    ``ping``; ``keep``, from which on the value of the last call is kept; ``spare``, from which on
    memory that is freed goes back to the system; ``replay`` as ``call``, but all that
    is done is to answer with that value; ``settle`` [device], which collects garbage there too;
    ``attempt`` [device], which uses it once; ``allocated`` [device].
    While one is under way, ``progress`` with a text, any number of times.
    Replies: ``loaded``; ``value`` [each argument after the call if echo, value]; ``raised``;
    ``unsendable``; ``pong``.

    Args:
        contract: what an implementation is checked against.
        tensors: whether torch tensors may cross.
        bounds: what the grader accepts; a larger answer is refused here, with a reason.
    """

    def __init__(self, contract: Contract, *, tensors: bool, bounds: Bounds) -> None:
        self._contract = contract
        self._tensors = tensors
        self._bounds = bounds
        self._keeps = False
        self._kept: Any = None

    def serve(self, stream: socket.socket, folder: str, threads: int) -> None:
        """Answer until the grader hangs up.

        Args:
            stream: to the grader.
            folder: of the worker.
            threads: how many torch may use; numpy's libraries have settled on one.
        """
        if threads > 1 and "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(threads)
        link = Link(stream, self._bounds)
        implementation = Implementation(self._contract, folder)
        try:
            link.send("ready", b"", pack(None))
            while True:
                frame = link.receive()
                listen(partial(_send_progress, link, frame.nonce))
                self._answer(link, implementation, frame)
        except WireClosedError:
            return

    def _answer(self, link: Link, implementation: Implementation, frame: Frame) -> None:
        try:
            kind, packed = self._handle(implementation, frame)
            link.send(kind, frame.nonce, packed)
        except WireClosedError:
            raise
        except WireError as error:
            link.send("unsendable", frame.nonce, pack(plain_text(error)))
        except BaseException as error:  # noqa: BLE001 - a student's SystemExit is an answer too
            link.send("raised", frame.nonce, pack(implementation.describe_error(error)))

    def _handle(self, implementation: Implementation, frame: Frame) -> Reply:
        if frame.kind in _PONGS:
            self._keeps |= frame.kind == "keep"
            if frame.kind == "spare":
                give_back_at_once()
            return "pong", pack(None)
        resolve = resolver(implementation.resolve)
        request = unpack(frame.tree, frame.arrays, tensors=self._tensors, resolve=resolve)
        if frame.kind == "load":
            files, entries = request
            return "loaded", pack(implementation.load(files, entries))
        if frame.kind == "release":
            implementation.release(request)
            return "pong", pack(None)
        if frame.kind == "methods":
            target, steps, *arguments = request
            numbered = [(0, *step) for step in zip(steps[::2], steps[1::2], strict=True)]
            results = play(lambda _: target, (), numbered, arguments)
            return "value", pack_named([("the results", results)])
        if frame.kind in _OF_A_DEVICE:
            return _of_a_device(frame.kind, *request)
        return "value", self._answer_call(implementation, frame.kind, request)

    def _answer_call(self, implementation: Implementation, kind: str, request: list[Any]) -> Packed:
        hook, echo, where, *arguments = request
        arguments = device.moved(arguments, where)
        if kind == "replay":
            device.finish(where)
            return pack_named([("the value", self._kept)])
        if kind == "script":
            return self._play(implementation, [hook, echo, where, *arguments])
        value = self._keep(implementation.call(hook, arguments))
        device.finish(where)
        # Arguments first: unchanged, they then pack to the same trees and arrays as in the request.
        names = self._contract.hooks[hook].arguments if echo else ()
        after = [
            (f"the argument `{name}` after the call", argument)
            for name, argument in zip(names, arguments, strict=echo)
        ]
        return pack_named([*after, ("the value", value)], implementation.known)

    def _keep(self, value: Any) -> Any:
        if self._keeps:
            self._kept = value
        return value

    def _play(self, implementation: Implementation, request: list[Any]) -> Packed:
        hook, echo, where, steps, *values = request
        names = self._contract.hooks[hook].arguments
        arguments, given = values[: len(names)], values[len(names) :]
        results = self._keep(play(lambda own: implementation.make(hook, own), arguments, steps, given))
        device.finish(where)
        after = [(f"argument {index} after the call", value) for index, value in enumerate(values)]
        results_named = [("the results", results)]
        return pack_named([*(after if echo else ()), *results_named], _keep_earlier)


def _of_a_device(kind: str, where: str) -> Reply:
    if kind == "allocated":
        return "value", pack_named([("the value", device.allocated_bytes(where))])
    if kind == "attempt":
        device.attempt(where)
    else:
        gc.collect()
        device.settle(where)
    return "pong", pack(None)


def _keep_earlier(value: object) -> Handle | None:
    return earlier_handle(value.step) if isinstance(value, Earlier) else None


def _send_progress(link: Link, nonce: bytes, text: str) -> None:
    link.send("progress", nonce, pack(text))
