"""``torchgrade check --watch``: again on every save, until Ctrl-C; and Ctrl-C without it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading

import psutil
import pytest

PATIENCE = 120.0


class Watched:
    """The command in a session of its own, like the foreground job of a terminal."""

    def __init__(self, content, temporary, *arguments):
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-u",
                "-m",
                "torchgrade",
                "check",
                "--content",
                str(content),
                *map(str, arguments),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        self.errors = queue.Queue()
        self.lines = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream, into):
        for line in stream:
            into.put(line.rstrip("\n"))

    def until(self, ending, lines=None):
        """Return the lines up to the first that ends so."""
        seen = []
        while not seen or not seen[-1].endswith(ending):
            seen.append((lines or self.lines).get(timeout=PATIENCE))
        return seen

    def checked(self, passed):
        """Wait for the check of which so many tests pass to be over; return the lines of all until then."""
        seen = []
        while not seen or not seen[-1].startswith(f"{passed} of 2"):
            seen += self.until("public tests passed")
            self.until("Ctrl-C ends", self.errors)
        return seen

    def interrupt(self):
        """Press Ctrl-C: the signal goes to the whole group. Returns the status and what is left of stderr."""
        relatives = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, signal.SIGINT)
        status = self.process.wait(PATIENCE)
        _, alive = psutil.wait_procs(relatives, timeout=PATIENCE)
        assert alive == []
        for reader in self._readers:
            reader.join(PATIENCE)
        left = []
        while not self.errors.empty():
            left.append(self.errors.get())
        return status, left


@pytest.fixture
def watched(kit, tmp_path):
    content = kit.make_content(tmp_path / "content")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    started = []

    def start(*arguments):
        started.append(Watched(content, temporary, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        one.process.stdout.close()
        one.process.stderr.close()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("target", ["file", "folder"])
def test_it_checks_again_on_every_save_and_ends_on_ctrl_c(kit, watched, tmp_path, target):
    folder = tmp_path / "work"
    folder.mkdir()
    path = folder / "submission.py"
    path.write_text(kit.STARTER)
    command = watched("--watch", path if target == "file" else folder, "--sandbox", "process")
    command.checked(0)

    path.write_text(kit.SOLUTION.replace("2 * x", "3 * x"))  # the watcher is on already
    command.checked(1)

    fresh = folder / "submission.py.new"  # as editors save
    fresh.write_text(kit.SOLUTION)
    fresh.replace(path)
    command.checked(2)

    status, err = command.interrupt()
    assert status == 0
    assert not [line for line in err if "Traceback" in line or "error" in line]


def test_files_beside_the_one_that_is_watched_do_not_matter(kit, watched, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    path = folder / "submission.py"
    path.write_text(kit.STARTER)
    command = watched("--watch", path, "--sandbox", "process")
    command.checked(0)
    (folder / "notes.txt").write_text("beside")
    path.write_text(kit.SOLUTION)
    lines = command.checked(2)
    assert "0 of 2 public tests passed" not in lines
    assert command.interrupt()[0] == 0


def test_a_file_that_vanishes_is_told_and_watching_goes_on(kit, watched, tmp_path):
    path = tmp_path / "work" / "submission.py"
    path.parent.mkdir()
    path.write_text(kit.SOLUTION)
    command = watched("--watch", path, "--sandbox", "process")
    command.checked(2)
    path.unlink()
    assert any("cannot be read" in line for line in command.checked(0))
    path.write_text(kit.SOLUTION)
    command.checked(2)
    assert command.interrupt()[0] == 0


ENDLESS = """
import sys

def test_double(student):
    print("begun", file=sys.stderr, flush=True)
    student.double(1)
"""


@pytest.mark.parametrize("flags", [(), ("--watch",)])
@pytest.mark.parametrize("sandbox", ["best", "process"])
def test_ctrl_c_during_a_check_ends_it_and_leaves_nothing(kit, watched, tmp_path, flags, sandbox):
    kit.make_content(
        tmp_path / "content",
        {
            "public/test_public.py": ENDLESS,
            "assignment.toml": 'title = "T"\n[limits]\ncall_seconds = 1000\nsubmission_seconds = 1000\n',
        },
    )
    path = tmp_path / "submission.py"
    path.write_text(kit.SOLUTION.replace("return 2 * x", "while True: pass"))
    command = watched(path, "--sandbox", sandbox, *flags)
    command.until("begun", command.errors)
    status, err = command.interrupt()
    assert status == 130
    assert err == ["interrupted"]
