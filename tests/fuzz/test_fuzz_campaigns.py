"""Whatever bytes come, they end as an answer, a submission or a clear sentence: many made-up ones, each time.

A campaign runs in a process of its own, so that a crash, a hang or a leak is its own and is seen.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

HERE = Path(__file__).parent
HANG_SECONDS = 900
QUICK = {"replies": 2_000, "archives": 500, "notebooks": 500}
FULL = {"replies": 100_000, "archives": 10_000, "notebooks": 10_000}
# A campaign that never gets past the first check shows nothing.
REACHED = {
    "replies": {"value", "raised", "unsendable", "refused", "died", "loaded", "pong", "report"},
    "archives": {"read"},
    "notebooks": {"read"},
}


def campaign(*arguments):
    """Run one and return what it tells of itself."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", HERE / "run.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_SECONDS,
    )
    assert done.returncode in {0, 1}, done.stderr[-3_000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["clean"], f"{told}\n{done.stderr[-3_000:]}"
    return told


@pytest.mark.parametrize("target", QUICK)
def test_some_made_up_inputs_end_cleanly(target):
    told = campaign(target, "--cases", QUICK[target])

    assert told["cases"] == QUICK[target]
    assert REACHED[target] <= set(told["outcomes"])
    assert len(told["outcomes"]) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("target", FULL)
def test_very_many_made_up_inputs_end_cleanly(target):
    assert campaign(target, "--cases", FULL[target], "--seed", 1)["cases"] == FULL[target]


@pytest.mark.parametrize("target", QUICK)
def test_what_was_found_once_stays_mended(target):
    cases = list((HERE / "cases" / target).iterdir())

    assert campaign(target, "--replay", HERE / "cases" / target)["cases"] == len(cases) > 0


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("fuzz_run", HERE / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Careless:
    """A reader that fails on some of its input."""

    def run(self, data):
        if data == b"bad":
            raise KeyError(data)
        return "fine"


def test_a_case_that_ends_otherwise_is_told_and_kept(run, tmp_path, capsys):
    found = run.Campaign(Careless(), tmp_path / "kept")
    found.begin()
    found.run("0:1", b"good")
    found.run("0:2", b"bad")
    told = run.summary("careless", found, 1.0, 0)

    assert told["outcomes"] == {"fine": 1, "violation": 1}
    assert told["violations"] == ["0:2: KeyError: b'bad'"]
    assert not told["clean"]
    assert (tmp_path / "kept" / "0-2").read_bytes() == b"bad"
    assert "KeyError" in capsys.readouterr().err


def test_memory_that_is_held_on_to_is_not_clean(run, monkeypatch):
    held = run.Campaign(Careless(), None)
    held.begin()
    monkeypatch.setattr(run, "resident_bytes", lambda: held._settled + run.GROWTH_LIMIT)

    assert not run.summary("careless", held, 1.0, 0)["clean"]


def test_a_case_depends_on_its_seed_and_number_alone(run):
    class Drawn:
        def case(self, random: Random) -> bytes:
            return random.randbytes(8)

    whole = list(run.generated(Drawn(), 7, 0, 5))

    assert whole[3:] == list(run.generated(Drawn(), 7, 3, 2))
    assert len({data for _, data in whole}) == 5
