"""The grading process: ``python -m torchgrade.grading FD``; see ``torchgrade.grading.jobs``."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torchgrade.errors import TorchgradeError
from torchgrade.grading.jobs import (
    TEMPORARY_PREFIX,
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
from torchgrade.worker.removal import remove_tree

__all__ = ["main"]

_LOG = logging.getLogger(__name__)
_HANG_UP = getattr(select, "POLLRDHUP", 0)  # Linux; elsewhere poll tells of the end of both directions


class _BatchGoneError(KeyboardInterrupt):
    """The batch has closed its end; as an interrupt it passes through pytest, and all is tidied up."""


class _Watch:
    """Ends the grading of a submission as soon as nobody waits for its result any more."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._main = threading.get_ident()
        self._grading = False
        signal.signal(signal.SIGUSR1, self._interrupt)
        threading.Thread(target=self._wait, name="watch", daemon=True).start()

    @contextmanager
    def grading(self) -> Iterator[None]:
        """Mark the time in which an interruption is wanted: before and after, the link itself tells."""
        self._grading = True
        try:
            yield
        finally:
            self._grading = False

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._link, _HANG_UP)
        poll.poll()
        signal.pthread_kill(self._main, signal.SIGUSR1)

    def _interrupt(self, number: int, frame: object) -> None:
        del number, frame
        if self._grading:
            self._grading = False
            raise _BatchGoneError


def main(descriptor: int) -> int:
    """Serve one batch; returns the exit status."""
    # Ctrl-C goes to the whole terminal's group: the batch decides, we end when its socket closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = socket.socket(fileno=descriptor)
    setup = receive_message(link)
    if not isinstance(setup, GradingSetup):
        return 2
    server = _Server(link)
    try:
        with_session(setup, load_plugins(), server.serve)
    except TorchgradeError as error:
        if server.ready:
            # the submission at hand, not the set-up: another process may fare better
            _LOG.error("%s", error)
        else:
            with contextlib.suppress(OSError):
                send_message(link, SetupFailed(message=str(error), exit_status=error.exit_status))
        return error.exit_status
    except (_BatchGoneError, BrokenPipeError, ConnectionError):
        return 0  # the batch is gone, and with it the reason to be here
    return 0


class _Server:
    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self.ready = False

    def serve(self, session: Session) -> None:
        """Grade what is asked for until the batch hangs up."""
        send_message(
            self._link,
            Ready(tests=(*session.suite.tests, *session.budgets.tests), sandbox=session.zygote.level.value),
        )
        self.ready = True
        watch = _Watch(self._link)
        while True:
            job = receive_message(self._link)
            if not isinstance(job, Job):
                return
            with watch.grading():
                result = session.grader.grade(job)
            graded = Graded(submission_id=job.submission_id, result=msgspec.Raw(encode_result(result)))
            send_message(self._link, graded)


def _clear_temporary() -> None:
    """Remove the folder that the batch made for us: a batch that was killed cannot."""
    folder = Path(os.environ.get("TMPDIR", ""))
    if folder.name.startswith(TEMPORARY_PREFIX):
        remove_tree(folder)


if __name__ == "__main__":
    try:
        status = main(int(sys.argv[1]))
    finally:
        _clear_temporary()
    sys.exit(status)
