"""The grading process: ``python -m torchgrade.grading FD``; see ``torchgrade.grading.jobs``."""

from __future__ import annotations

import signal
import socket
import sys

import msgspec

from torchgrade.errors import TorchgradeError
from torchgrade.grading.jobs import (
    Graded,
    GradingSetup,
    Job,
    Ready,
    SetupFailed,
    receive_message,
    send_message,
)
from torchgrade.grading.session import Session, with_session
from torchgrade.plugin import load_plugins
from torchgrade.results import encode_result

__all__ = ["main"]


def main(descriptor: int) -> int:
    """Serve one batch; returns the exit status."""
    # Ctrl-C goes to the whole terminal's group: the batch decides, we end when its socket closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = socket.socket(fileno=descriptor)
    setup = receive_message(link)
    if not isinstance(setup, GradingSetup):
        return 2
    try:
        with_session(setup, load_plugins(), lambda session: _serve(session, link))
    except TorchgradeError as error:
        send_message(link, SetupFailed(message=str(error), exit_status=error.exit_status))
        return error.exit_status
    except (BrokenPipeError, ConnectionError):
        return 0  # the batch is gone, and with it the reason to be here
    return 0


def _serve(session: Session, link: socket.socket) -> None:
    send_message(link, Ready(tests=session.suite.tests, sandbox=session.zygote.level.value))
    while True:
        job = receive_message(link)
        if not isinstance(job, Job):
            return
        result = session.grader.grade(job)
        send_message(link, Graded(submission_id=job.submission_id, result=msgspec.Raw(encode_result(result))))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
