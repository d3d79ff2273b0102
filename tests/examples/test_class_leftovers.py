"""What misbehaves in the example class leaves nothing on the machine, also when its batch is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from torchgrade.sandbox import Level

ROOT = Path(__file__).resolve().parents[2]
CLASS = ROOT / "examples" / "class" / "backprop"
# Too much memory, a crash, two that never return (one of them prints), an exit, one at import, bad archives.
HOSTILE = {
    "adam-novak.py": 40,
    "bianca-rossi.py": 50,
    "goran-ilic.zip": 0,
    "helen-wu.zip": 0,
    "julia-santos.py": 0,
    "ximena-flores.py": 76,
    "yusuf-demir.py": 77,
    "zoe-papadaki.py": 28,
}
BUSY_SECONDS = 0.4

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="what is left is told by files of Linux"),
]


@pytest.fixture(params=list(Level), ids=str)
def level(request):
    from torchgrade.plugin import load_plugins

    probes = [box.probe() for _, box in load_plugins().sandboxes if box.level is request.param]
    if not any(probe.works for probe in probes):
        pytest.skip(f"level {request.param} does not work here")
    return request.param


@pytest.fixture
def temporary(tmp_path):
    """The folder for temporary files, which workers of another user can reach."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for place in (folder, tmp_path, *list(tmp_path.parents)[:2]):
        place.chmod(0o755)
    return folder


@pytest.fixture
def batch(tmp_path, temporary, level):
    """Start grading some of the class."""

    def start(names):
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "torchgrade", "grade", *(str(CLASS / name) for name in names)),
                *("--assignment", "backprop", "--out", str(tmp_path / "out"), "--workers", "2", "--json"),
                *("--sandbox", level.value, "--require-sandbox", level.value, "--no-budgets"),
            ],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def baseline(support, temporary):
    return support("leftovers").take(temporary)


def test_grading_what_misbehaves_leaves_nothing(batch, baseline):
    with batch(HOSTILE) as process:
        out, errors = process.communicate()
    assert process.returncode == 1, errors
    scores = {line["submission"]: float(line["score"]) for line in json.loads(out)["lines"]}
    assert scores == {Path(name).stem: score for name, score in HOSTILE.items()}
    assert baseline.settled() == ()


def test_a_batch_that_is_killed_while_one_misbehaves_leaves_nothing(batch, baseline):
    with batch(["ximena-flores.py"]) as process:
        while not is_looping(process.pid):
            assert process.poll() is None, "it was graded already"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert baseline.settled() == ()


def is_looping(pid):
    """Tell whether a worker of this batch computes: those that wait have used next to no time."""
    for process in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "torchgrade.worker" in " ".join(process.cmdline()) and process.cpu_times().user > BUSY_SECONDS:
                return True
    return False
