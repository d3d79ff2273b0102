"""A class graded by real grading processes, killed in the middle and resumed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from torchgrade.errors import UsageError
from torchgrade.store import read_store

ROOT = Path(__file__).parents[3]
MEMBERS = (
    "amira-haddad.py",
    "elif-yilmaz",
    "jonas-weber.py",
    "helen-wu.zip",
    "mei-chen.py",
    "zoe-papadaki.py",
)
STATUS = 1


def command(folder, out, seed):
    return [
        *(sys.executable, "-m", "torchgrade", "grade", str(folder), "--assignment", "backprop"),
        *("--content", str(ROOT), "--out", str(out), "--seed", seed, "--workers", "2"),
        *("--require-sandbox", "process"),
    ]


def stored(out):
    try:
        with read_store(out) as store:
            return {result.submission_id: result for result in store.results()}
    except UsageError:  # it has not come to a store yet
        return {}


def verdicts(results):
    return {
        name: (result.failure, [(test.id, test.outcome, test.points, test.cause) for test in result.tests])
        for name, result in results.items()
    }


@pytest.mark.slow
def test_a_killed_batch_leaves_no_process_and_ends_as_an_undisturbed_one(kit, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in MEMBERS:
        member = ROOT / "examples" / "class" / "backprop" / name
        (shutil.copytree if member.is_dir() else shutil.copy)(member, folder / name)
    (folder / "roster.csv").write_text("submission,student_id\nmei-chen,7\n")
    arguments = command(folder, tmp_path / "out", kit.SEED)

    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not stored(tmp_path / "out") and process.poll() is None:
        threading.Event().wait(0.02)
    children = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    process.kill()
    process.communicate()
    while kit.alive(children):
        threading.Event().wait(0.02)
    before = stored(tmp_path / "out")
    assert before

    assert subprocess.run(arguments, capture_output=True, check=False).returncode == STATUS
    after = stored(tmp_path / "out")
    assert {name: after[name] for name in before} == before

    undisturbed = command(folder, tmp_path / "again", kit.SEED)
    assert subprocess.run(undisturbed, capture_output=True, check=False).returncode == STATUS
    assert verdicts(after) == verdicts(stored(tmp_path / "again"))
    assert len(after) == len(MEMBERS)
