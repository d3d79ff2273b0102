"""What a worker may write on its end of the wire, against the grader's real end of it.

A case is bytes: the kind of request, flags, then what the peer writes once it has read the request.
Wherever ``NONCE`` stands in them, the nonce of that request is written instead.
"""

from __future__ import annotations

import contextlib
import importlib
import queue
import re
import socket
import threading

import msgspec
import numpy as np

from torchgrade.contract import load_contract
from torchgrade.errors import InternalError
from torchgrade.remote.answers import AnswerKind, Call, Step
from torchgrade.remote.worker import Loaded, RemoteWorker
from torchgrade.testing.compare import compare, describe_value
from torchgrade.testing.failures import StudentFailure
from torchgrade.testing.messages import describe_difference, describe_values, failure_of
from torchgrade.wire import Bounds, Handle

frames = importlib.import_module("frames")

CONTRACT = """
from torchgrade import hookspec

@hookspec(firstresult=True)
def step(weights, graph): ...
"""
BOUNDS = Bounds(header_bytes=64 * 1024, array_bytes=256 * 1024)
# Time allowed: for a reply that is not there to its end, and for one that is.
SHORT, LONG = 0.004, 10.0

REQUESTS = ("call", "load", "methods", "ping", "release", "echo", "leash")
# Flags of a case: hang up after the reply; the rest is only a header; torch tensors may occur.
HANG_UP, HEADER_ONLY, TENSORS = 1, 2, 4

RIGHT = (
    np.arange(3.0),
    (np.arange(6.0).reshape(2, 3), 0.5),
    {"loss": 0.5, "steps": [1, 2, 3]},
    [("add", (0, 1)), None, "text", True],
    2**70,
)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
DETAIL_CHARACTERS = 2_200
REFUSED = "its reply was not one that the grader understands"


class Peer:
    """The other end: answers each request with what it was told, in a thread of its own."""

    def __init__(self):
        self._jobs = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def answer(self, wire, leash, *, reply, report, hang_up):
        self._jobs.put((wire, leash, reply, report, hang_up))

    def close(self):
        self._jobs.put(None)
        self._thread.join()

    def _work(self):
        while (job := self._jobs.get()) is not None:
            self._serve(*job)
            del job

    def _serve(self, wire, leash, reply, report, hang_up):
        with wire, leash, contextlib.suppress(OSError):  # the grader may hang up whenever it likes
            leash.sendall(report)  # first, for the grader may be gone from the wire already
            self._answer(wire, reply)
            if not hang_up:
                wire.recv(1)  # until the grader hangs up

    @staticmethod
    def _answer(wire, reply):
        wire.sendall(frames.frame("ready", b"", None))
        nonce = b""
        if reply:
            stream = wire.makefile("rb")
            _, length = frames.PREFIX.unpack(stream.read(frames.PREFIX.size))
            nonce = msgspec.msgpack.decode(stream.read(length))[1]
        wire.sendall(reply.replace(frames.NONCE, nonce))


class Target:
    """Puts each case through a ``RemoteWorker`` and through what is made of its answer."""

    def __init__(self):
        contract = load_contract(CONTRACT, "contract.py")
        hook = contract.hooks["step"]
        weights, graph = np.arange(6.0).reshape(2, 3), [("add", (0, 1))]
        self._calls = {
            "call": Call(hook, (weights, graph), echo=False),
            "echo": Call(hook, (weights, graph), echo=True),
        }
        self._peer = Peer()
        self._templates = frames.templates(self._calls["echo"].arguments)

    def close(self):
        self._peer.close()

    def case(self, random):
        """Make a case: a real reply, with something wrong somewhere."""
        request = random.choice(REQUESTS)
        flags = random.choice((HANG_UP, HANG_UP, HANG_UP, 0)) | random.choice((0, TENSORS))
        if request == "leash":
            data = frames.exit_report(random)
        else:
            data = frames.reply(random, *random.choice(self._templates[request]))
            if flags & HANG_UP == 0 and random.random() < 0.9:
                flags |= HANG_UP  # waiting for what never comes takes its time
        return bytes((REQUESTS.index(request), flags)) + data

    def run(self, data):
        """Return what kind of answer came of a case.

        Raises:
            AssertionError: if the answer is none that a grader could work with.
        """
        if len(data) < 2:
            return "no case"
        request, flags, rest = REQUESTS[data[0] % len(REQUESTS)], data[1], data[2:]
        reply, report = (b"", rest) if request == "leash" else (rest, b"")
        if flags & HEADER_ONLY and reply:
            reply = frames.PREFIX.pack(b"tgw1", len(reply)) + reply
        ours, theirs = socket.socketpair()
        leash, keeper = socket.socketpair()
        worker = RemoteWorker(ours, leash, BOUNDS, tensors=bool(flags & TENSORS))
        try:
            self._peer.answer(theirs, keeper, reply=reply, report=report, hang_up=bool(flags & HANG_UP))
            return self._judge(request, worker, LONG if flags & HANG_UP else SHORT)
        finally:
            check_report(worker.end())

    def _judge(self, request, worker, seconds):
        call = self._calls.get(request, self._calls["call"])
        match request:
            case "load":
                answer = worker.load({"submission.py": b"pass"}, ["submission.py"], seconds)
                if isinstance(answer, Loaded):
                    check_loaded(answer)
                    return "loaded"
            case "methods":
                answer = worker.call_methods(Handle(1), [Step(method="step", arguments=(1.5,))], seconds)
            case "release":
                answer = worker.release([Handle(1)], seconds)
            case "ping":
                try:
                    return "pong" if worker.ping(seconds) >= 0 else "time runs backwards"
                except InternalError:  # how a ping says that there was no answer
                    return "no pong"
            case "leash":
                return "no report" if worker.end() is None else "report"
            case _:
                answer = worker.call(call, seconds)
        check_answer(answer, call)
        return "refused" if answer.detail.startswith(REFUSED) else answer.kind.value


def check_answer(answer, call):
    """Whatever it is, the grader can say it, within bounds."""
    assert answer.kind in AnswerKind
    assert 0 <= answer.wall_seconds < 2 * LONG
    assert len(answer.detail) <= DETAIL_CHARACTERS
    assert set(answer.changed) <= set(call.hook.arguments)
    if answer.kind is AnswerKind.VALUE:
        check_value(answer.value)
        return
    failure = failure_of(answer, call, "category")
    assert isinstance(failure, StudentFailure)
    check_text(str(failure))


def check_value(value):
    """A value can be compared with whatever was right, and described."""
    check_text(describe_value(value))
    for right in RIGHT:
        difference = compare(right, value).difference
        if difference is not None:
            check_text(describe_difference(difference))
            check_text(describe_values(difference))


def check_loaded(told):
    assert len(told.usable) <= 1_000
    assert len(told.problems) <= 1_000
    for hook, sentence in told.problems:
        assert len(hook) <= 200
        assert len(sentence) <= 2_000


def check_report(report):
    """What a keeper told can be put into a result."""
    if report is not None:
        assert isinstance(
            report.stdout.decode(errors="replace") + report.stderr.decode(errors="replace"), str
        )
        assert report.status is None or isinstance(report.status, int)


def check_text(text):
    assert len(text) <= 6_000, len(text)
    assert text.count("\n") < 25
    assert not CONTROL.search(text), text
