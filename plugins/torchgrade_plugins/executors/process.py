"""One grading process, seen from the batch: started, asked, and ended whatever it does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence

import msgspec

from torchgrade.grading.jobs import (
    MESSAGE_LIMIT,
    TEMPORARY_PREFIX,
    Graded,
    GradingSetup,
    Job,
    Ready,
    SetupFailed,
    send_message,
)
from torchgrade.remote.cgroups import control_groups
from torchgrade.worker.removal import remove_tree

__all__ = ["GradingProcess", "ProcessLost"]

_HEAD = 4
_STDERR = 2
_TIDY_SECONDS = 10.0
_HASTY_SECONDS = 0.5
_POLL_SECONDS = 0.01

Answer = Ready | SetupFailed | Graded
_DECODER: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


class ProcessLost(Exception):  # noqa: N818 - an event to act on, not an error to report
    """A grading process is of no use any more; the text says why, as in ``was killed by SIGKILL``."""


class GradingProcess:
    """A grading process and the link to it; ``end`` must be called, whatever happened before."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the batch alone.

        It gets a folder for temporary files, since one that is killed cannot clear away its own.

        Raises:
            OSError: if it cannot be started.
        """
        self._temporary = tempfile.mkdtemp(prefix=TEMPORARY_PREFIX)
        self.link, theirs = socket.socketpair()
        self._received = bytearray()
        self._give_up: float | None = None
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [*command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=_STDERR,
                    pass_fds=(theirs.fileno(),),
                    env={**os.environ, "TMPDIR": self._temporary},
                    start_new_session=True,
                )
            except BaseException:
                self.link.close()
                remove_tree(self._temporary)
                raise

    def send(self, message: GradingSetup | Job) -> None:
        """Send one message; these are small, so a process that does not read holds nobody up.

        Where the process is gone already, the next ``receive`` says so.
        """
        with contextlib.suppress(ConnectionError):
            send_message(self.link, message)

    def receive(self) -> Iterator[Answer]:
        """Yield the messages that have come in whole; never waits.

        Raises:
            ProcessLost: if it has closed the link or sends what is no message.
        """
        try:
            part = self.link.recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._await_exit(time.monotonic() + _HASTY_SECONDS)
            raise ProcessLost(self.end(tidily=False))
        self._received += part
        while (length := self._length()) is not None and len(self._received) >= _HEAD + length:
            body = bytes(self._received[_HEAD : _HEAD + length])
            del self._received[: _HEAD + length]
            try:
                yield _DECODER.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ProcessLost(f"sent what is no message ({error})") from error

    def let_go(self, *, tidily: bool) -> None:
        """Close the link, upon which it tidies up and ends, once it is done with its submission.

        Args:
            tidily: give it the time that this takes; else a moment.
        """
        self.link.close()
        if self._give_up is None:
            self._give_up = time.monotonic() + (_TIDY_SECONDS if tidily else _HASTY_SECONDS)

    def end(self, *, tidily: bool) -> str:
        """End it with all that it started; return how it ended, as in ``was killed by SIGKILL``.

        It is let go, and killed when its time is up.
        """
        if self._process.returncode is None:
            self.let_go(tidily=tidily)
            self._await_exit(self._give_up or 0.0)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            control_groups().clear(_HASTY_SECONDS)
            remove_tree(self._temporary)
        status = self._process.returncode
        if status >= 0:
            return f"ended with exit status {status}"
        known = -status in set(signal.Signals)
        return f"was killed by {signal.Signals(-status).name if known else f'signal {-status}'}"

    def _length(self) -> int | None:
        if len(self._received) < _HEAD:
            return None
        length = int.from_bytes(self._received[:_HEAD], "big")
        if length > MESSAGE_LIMIT:
            raise ProcessLost(f"sent a message of {length} bytes, which is over the limit")
        return length

    def _await_exit(self, give_up: float) -> None:
        """Wait for its end without reaping it: the number of its group stays its own until then."""
        waiting = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, self._process.pid, waiting) is None and time.monotonic() < give_up:
            time.sleep(_POLL_SECONDS)
