"""A grading process that does what each submission's text tells it: ``python fake_grading.py [SETUP] FD``.

It speaks the real protocol over a real socket, so that executors and batches meet each way in which a
grading process can fail. SETUP is ``ready`` (the default),
``refuse STATUS``, ``die``, ``silent``, or ``one`` (all but the first die).

The first word of a submission's file is what happens to it:

    pass            full marks
    lose            half of the points
    slow            full marks, once the file ``go`` lies in the log's folder
    die             the process is killed, each time
    die-once        the process is killed at the first try
    leave STATUS    the process exits
    hang            nothing ever comes
    hang-stubborn   nor does it end when its link is closed, or by SIGTERM
    garbage         bytes that are no message
    cut             half a message, and the end
    nonsense        a message that is no result
    stranger        the result of another submission
    unasked         two results for one job
    child           a child in the same process group is left behind, and the process is killed
    regrade         an internal error of the grader itself

Each job is noted in the file that FAKE_LOG names, as ``begin ID PID``, ``child ID PID`` and ``end ID PID``.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from fractions import Fraction
from pathlib import Path

import msgspec

from torchgrade.grading.jobs import (
    Graded,
    GradingSetup,
    Job,
    Ready,
    SetupFailed,
    TestInfo,
    receive_message,
    send_message,
)
from torchgrade.results import AssignmentInfo, Outcome, Provenance, Result, TestOutcome, encode_result

TESTS = (
    TestInfo(id="test_one", number=1, title="one", max_points="50"),
    TestInfo(id="test_two", number=2, title="two", max_points="50"),
)
LOG = Path(os.environ["FAKE_LOG"])
STUBBORN = threading.Event()


def main() -> None:
    *mode, descriptor = sys.argv[1:]
    link = socket.socket(fileno=int(descriptor))
    threading.Thread(target=leave_with_the_batch, args=(link,), daemon=True).start()
    tempfile.mkdtemp(prefix="of-a-student-")  # nobody but the batch clears it away
    setup = receive_message(link)
    assert isinstance(setup, GradingSetup)
    prepare(link, mode)
    while isinstance(job := receive_message(link), Job):
        note("begin", job)
        work(link, setup, job)


def leave_with_the_batch(link: socket.socket) -> None:
    """The real one does too, however deep it is in its work."""
    poll = select.poll()
    poll.register(link, select.POLLRDHUP)
    poll.poll()
    if not STUBBORN.is_set():
        os._exit(0)


def prepare(link: socket.socket, mode: list[str]) -> None:
    if mode[:1] == ["die"] or (mode[:1] == ["one"] and not first()):
        os.kill(os.getpid(), signal.SIGKILL)
    if mode[:1] == ["silent"]:
        threading.Event().wait()
    if mode[:1] == ["refuse"]:
        send_message(link, SetupFailed(message="the set-up is at fault", exit_status=int(mode[1])))
        sys.exit(int(mode[1]))
    send_message(link, Ready(tests=TESTS, sandbox="process"))


def first() -> bool:
    try:
        (LOG.parent / "first").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def work(link: socket.socket, setup: GradingSetup, job: Job) -> None:
    path = Path(job.path)
    text = (path / "submission.py" if path.is_dir() else path).read_text()
    word, *rest = text.split()
    if word in {"leave", "die", "die-once", "child", "hang", "hang-stubborn"}:
        perish(word, rest, job)
    elif word in {"garbage", "cut", "nonsense"}:
        babble(link, word, job)
    elif word == "slow":
        while not (LOG.parent / "go").exists():
            threading.Event().wait(0.01)
    answer(link, setup, job, word)


def perish(word: str, rest: list[str], job: Job) -> None:
    if word == "die-once" and tries(job) > 1:
        return
    if word == "leave":
        os._exit(int(rest[0]))
    if word == "hang-stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        STUBBORN.set()
    if word.startswith("hang"):
        threading.Event().wait()
    if word == "child":
        note("child", job, subprocess.Popen(["sleep", "600"], close_fds=True).pid)
    os.kill(os.getpid(), signal.SIGKILL)


def babble(link: socket.socket, word: str, job: Job) -> None:
    if word == "garbage":
        link.sendall(b"\x00\x00\x00\x05hello")
    if word == "cut":
        link.sendall(b"\x00\x00\x10\x00{")
        os._exit(0)
    if word == "nonsense":
        send_message(link, Graded(submission_id=job.submission_id, result=msgspec.Raw(b'{"a":1}')))


def answer(link: socket.socket, setup: GradingSetup, job: Job, word: str) -> None:
    result = encode_result(make_result(setup, job, word))
    message = Graded(submission_id=job.submission_id, result=msgspec.Raw(result))
    note("end", job)
    send_message(link, message)
    if word == "unasked":
        send_message(link, message)


def make_result(setup: GradingSetup, job: Job, word: str) -> Result:
    second = {"lose": Outcome.FAILED, "regrade": Outcome.INTERNAL_ERROR}.get(word, Outcome.PASSED)
    outcomes = (Outcome.PASSED, second)
    return Result(
        submission_id="somebody else" if word == "stranger" else job.submission_id,
        students=job.students,
        assignment=AssignmentInfo(id=setup.assignment, title="Tiny"),
        tests=tuple(
            TestOutcome(
                id=test.id,
                number=test.number,
                title=test.title,
                outcome=outcome,
                points=Fraction(test.max_points) * (outcome is Outcome.PASSED),
                max_points=Fraction(test.max_points),
            )
            for test, outcome in zip(TESTS, outcomes, strict=True)
        ),
        provenance=Provenance(
            engine_version="0",
            python="3",
            packages={},
            platform="test",
            cpu_count=1,
            sandbox="process",
            seed=setup.seed,
            submission_sha256="",
            assignment_sha256="",
            reference_sha256="",
            started_at="2026-01-01T00:00:00+00:00",
            phase_seconds={},
        ),
    )


def tries(job: Job) -> int:
    return LOG.read_text().count(f"begin {job.submission_id} ")


def note(what: str, job: Job, pid: int | None = None) -> None:
    with LOG.open("a") as log:
        log.write(f"{what} {job.submission_id} {pid or os.getpid()}\n")


if __name__ == "__main__":
    main()
