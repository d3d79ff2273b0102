"""``python -m torchgrade.grading FD``: the protocol, and that nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from torchgrade.grading.jobs import Graded, Job, Ready, SetupFailed, receive_message, send_message
from torchgrade.results import Outcome, decode_result

PATIENCE = 120.0


@pytest.fixture
def process(tmp_path):
    """Start a grading process whose temporary folder is ours; it is killed if a test fails."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    started = []

    def start(setup=None):
        ours, theirs = socket.socketpair()
        with theirs:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "torchgrade.grading", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        ours.settimeout(PATIENCE)
        started.append((child, ours))
        if setup is not None:
            send_message(ours, setup)
        return SimpleNamespace(child=child, link=ours, temporary=temporary)

    yield start
    for child, link in started:
        link.close()
        child.kill()
        child.communicate()


def family(process):
    return psutil.Process(process.child.pid).children(recursive=True)


def ended(process):
    """Wait for its end; return status, stdout and stderr, and see that nothing of it is left."""
    relatives = family(process) if process.child.poll() is None else []
    process.link.close()
    out, err = process.child.communicate(timeout=PATIENCE)
    _, alive = psutil.wait_procs(relatives, timeout=PATIENCE)
    assert alive == []
    assert list(process.temporary.iterdir()) == []
    return process.child.returncode, out, err


def submit(process, folder, name, text):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    send_message(process.link, Job(submission_id=name, path=str(path)))


def result(process):
    message = receive_message(process.link)
    assert isinstance(message, Graded)
    decoded = decode_result(bytes(message.result))
    assert decoded.submission_id == message.submission_id
    return decoded


TESTS = '''
from torchgrade.testing import points
print("on stdout?")

@points(60)
def test_words(student):
    """double: in words"""
    import numpy as np
    assert student.double(np.ones(2)).sum() == 5.0, "the sum of two doubled ones is 4"

@points(40)
def test_bare(student):
    import numpy as np
    assert student.double(np.ones(2)).sum() == 5.0
'''


@pytest.mark.parametrize("sandbox", ["best", "process"])
def test_it_is_ready_grades_what_comes_and_ends_with_the_link(kit, process, tmp_path, sandbox):
    content = kit.make_content(tmp_path / "content")
    grading = process(kit.make_setup(content, sandbox=sandbox))
    ready = receive_message(grading.link)
    assert isinstance(ready, Ready)
    assert [test.id for test in ready.tests] == ["test_double", "test_split", "test_root"]
    assert [test.max_points for test in ready.tests] == ["40", "59/2", "61/2"]
    if sandbox != "best":
        assert ready.sandbox == sandbox

    submit(grading, tmp_path, "right", kit.SOLUTION)
    assert result(grading).passed
    grading.child.send_signal(signal.SIGINT)  # Ctrl-C is the batch's to heed
    submit(grading, tmp_path, "wrong", kit.SOLUTION.replace("2 * x", "3 * x"))
    wrong = result(grading)
    assert [test.outcome for test in wrong.tests] == [Outcome.FAILED, Outcome.PASSED, Outcome.PASSED]
    assert wrong.tests[0].cause.mutant == "tripled"

    assert family(grading)
    assert ended(grading) == (0, "", "")


def test_assertions_of_hidden_tests_show_no_more_than_their_message(kit, process, tmp_path):
    content = kit.make_content(tmp_path / "content", {"hidden/test_hidden.py": TESTS})
    grading = process(kit.make_setup(content))
    assert isinstance(receive_message(grading.link), Ready)
    submit(grading, tmp_path, "right", kit.SOLUTION)
    words, bare = result(grading).tests
    assert words.student_message == "the sum of two doubled ones is 4"
    assert bare.student_message == "a check of this test failed"
    status, out, err = ended(grading)
    assert (status, out) == (0, "")
    assert err == "on stdout?\n"


@pytest.mark.parametrize(
    "content_changes, setup_changes, refusal",
    [
        ({}, {"assignment": "tyni"}, (2, "no assignment 'tyni'")),
        ({}, {"sandbox": "isolation"}, (2, "no sandbox level 'isolation', did you mean 'isolated'?")),
        ({}, {"sandbox": "process", "require_sandbox": "isolated"}, (2, "is below 'isolated'")),
        ({"contract.py": "def broken(:"}, {}, (3, "contract.py")),
        ({"hidden/test_hidden.py": "1 / 0"}, {}, (3, "ZeroDivisionError")),
    ],
)
def test_a_set_up_that_is_at_fault_is_refused_with_its_status(
    kit, process, tmp_path, *, content_changes, setup_changes, refusal
):
    status, words = refusal
    content = kit.make_content(tmp_path / "content", content_changes)
    grading = process(kit.make_setup(content, **setup_changes))
    message = receive_message(grading.link)
    assert isinstance(message, SetupFailed)
    assert words in message.message
    assert message.exit_status == status
    assert receive_message(grading.link) is None
    assert ended(grading) == (status, "", "")


def test_a_batch_that_says_nothing_is_left_alone(process):
    assert ended(process()) == (2, "", "")


def test_a_batch_that_is_gone_before_all_is_ready_is_no_fault(kit, process, tmp_path):
    content = kit.make_content(tmp_path / "content")
    assert ended(process(kit.make_setup(content))) == (0, "", "")


@pytest.mark.parametrize("sandbox", ["best", "process"])
def test_a_batch_that_goes_away_in_the_middle_is_followed_at_once(kit, process, tmp_path, sandbox):
    manifest = 'title = "T"\n[limits]\ncall_seconds = 1000\nsubmission_seconds = 1000\n'
    content = kit.make_content(tmp_path / "content", {"assignment.toml": manifest})
    grading = process(kit.make_setup(content, sandbox=sandbox))
    assert isinstance(receive_message(grading.link), Ready)
    submit(grading, tmp_path, "hangs", kit.SOLUTION.replace("return 2 * x", "while True: pass"))
    until(lambda: busiest(grading) > 0.2)
    assert ended(grading) == (0, "", "")


def dead(process):
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def busiest(grading):
    """CPU seconds of the youngest generation: the worker that hangs."""
    seconds = 0.0
    for child in family(grading):
        try:
            if not child.children():
                seconds = max(seconds, child.cpu_times().user)
        except psutil.NoSuchProcess:
            continue
    return seconds


def test_a_grading_process_without_its_zygote_ends_and_blames_no_set_up(kit, process, tmp_path):
    content = kit.make_content(tmp_path / "content")
    grading = process(kit.make_setup(content, sandbox="process"))
    assert isinstance(receive_message(grading.link), Ready)
    killed = family(grading)
    for child in killed:
        with contextlib.suppress(psutil.NoSuchProcess):  # some end with the first
            child.kill()
    until(lambda: all(map(dead, killed)))
    submit(grading, tmp_path, "right", kit.SOLUTION)
    assert receive_message(grading.link) is None
    status, out, err = ended(grading)
    assert (status, out) == (3, "")
    assert "the zygote is gone" in err
