"""Which sandbox is chosen, and what is said when none will do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from torchgrade.errors import UsageError
from torchgrade.grading.session import choose_sandbox
from torchgrade.sandbox import Level, Probe


@dataclass
class Box:
    level: Level
    works: bool = True
    probed: int = 0

    def probe(self):
        self.probed += 1
        reason, advice = ("", "") if self.works else ("it is missing", "install it")
        return Probe(level=self.level, works=self.works, reason=reason, advice=advice)


def boxes(**works):
    made = [Box(Level(name), well) for name, well in works.items()]
    return SimpleNamespace(sandboxes=[(box.level.value, box) for box in made])


def refusal(plugins, wanted, required):
    with pytest.raises(UsageError) as caught:
        choose_sandbox(plugins, wanted, required)
    return str(caught.value)


@pytest.mark.parametrize(
    "works, wanted, required, chosen",
    [
        ({"process": True, "isolated": True, "confined": True}, "best", "process", "isolated"),
        ({"process": True, "confined": True}, "best", "process", "confined"),
        ({"process": True, "isolated": False}, "best", "process", "process"),
        ({"process": True, "isolated": False, "confined": True}, "best", "confined", "confined"),
        ({"process": True, "isolated": True}, "process", "process", "process"),
        ({"process": True, "isolated": True}, "isolated", "confined", "isolated"),
    ],
)
def test_the_strongest_that_works_is_chosen_or_the_one_asked_for(works, wanted, required, chosen):
    assert choose_sandbox(boxes(**works), wanted, required).level == chosen


def test_what_is_too_weak_is_not_even_tried():
    plugins = boxes(process=True, isolated=False)
    refusal(plugins, "best", "isolated")
    assert {name: box.probed for name, box in plugins.sandboxes} == {"process": 0, "isolated": 1}


def test_a_refusal_names_what_was_tried_why_not_and_what_helps():
    told = refusal(boxes(process=True, isolated=False), "best", "confined")
    assert told.splitlines() == [
        "no sandbox of level 'confined' or above works here",
        "  isolated: it is missing",
        "    what helps: install it",
        "  'torchgrade doctor' shows what this machine can do",
        "  '--require-sandbox process' grades with less protection, in a process with limits only",
    ]


def test_what_is_asked_for_by_name_is_what_is_refused():
    told = refusal(boxes(process=True, isolated=False), "isolated", "process")
    assert told.startswith("no sandbox of level 'isolated' works here\n")
    assert "--require-sandbox" not in told


@pytest.mark.parametrize(
    "wanted, required, words",
    [
        ("isolatd", "process", "no sandbox level 'isolatd', did you mean 'isolated'?"),
        ("x", "process", "no sandbox level 'x'; there are: best, process, confined, isolated"),
        ("best", "best", "no sandbox level 'best'; there are: process, confined, isolated"),
        ("process", "isolated", "sandbox level 'process' is below 'isolated', the lowest that is allowed"),
    ],
)
def test_levels_that_make_no_sense_are_wrong_usage(wanted, required, words):
    assert refusal(boxes(process=True), wanted, required) == words


def test_a_machine_without_bubblewrap_refuses_to_grade_isolated_and_says_what_to_install(kit, tmp_path):
    content = kit.make_content(tmp_path / "content")
    (tmp_path / "one.py").write_text(kit.SOLUTION)
    empty = tmp_path / "empty"
    empty.mkdir()
    command = ["grade", str(tmp_path / "one.py"), "--assignment", "tiny", "--content", str(content)]
    command += ["--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "torchgrade", *command, "--require-sandbox", "isolated"],
        env={**os.environ, "PATH": str(empty)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "error: no sandbox of level 'isolated' or above works here" in done.stderr
    assert "isolated: bubblewrap is not installed" in done.stderr
    assert "what helps: install bubblewrap" in done.stderr
    assert "Traceback" not in done.stderr
