"""``torchgrade doctor``: what this machine can do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from torchgrade.cli import main
from torchgrade.remote.cgroups import control_groups
from torchgrade.sandbox import Level, Probe


@pytest.fixture
def doctor(capsys):
    def run(*arguments):
        status = main(["doctor", *map(str, arguments)])
        return status, capsys.readouterr().out

    return run


def test_json_lists_findings_each_with_a_subject(kit, tmp_path, doctor):
    status, out = doctor("--json", "--content", kit.make_content(tmp_path))
    findings = {finding["subject"]: finding for finding in json.loads(out)}
    assert status == 0
    assert all(set(finding) == {"subject", "well", "text", "advice"} for finding in findings.values())
    assert {"python", "sandbox process", "sandbox isolated", "content", "torch", "machine"} <= set(findings)
    assert findings["python"]["text"].startswith(sys.version.split()[0])
    assert findings["sandbox process"]["well"] is True
    assert findings["content"]["text"] == f"{tmp_path}, with reference: tiny"


def test_it_says_whether_the_processes_of_a_submission_are_limited_together(kit, tmp_path, doctor):
    _, out = doctor("--json", "--content", kit.make_content(tmp_path))
    groups = control_groups()
    found = {finding["subject"]: finding for finding in json.loads(out)}[
        "limits of all processes of a submission together"
    ]
    assert found["text"] == str(groups)
    assert found["text"] in {"cgroup v1", "cgroup v2"} or found["text"].startswith("none: ")
    assert found["well"] is bool(groups.hierarchies)


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="there may be a GPU")
def test_without_a_gpu_it_says_what_is_missing_and_what_that_costs(kit, tmp_path, doctor):
    _, out = doctor("--json", "--content", kit.make_content(tmp_path))
    found = {finding["subject"]: finding for finding in json.loads(out)}["GPU"]
    assert found["well"] is False
    assert found["text"] == (
        "no GPU that workers can use: there is no /dev/nvidiactl; budgets on CUDA are not measured"
    )


def test_text_has_a_line_for_each_finding_and_advice_below(kit, tmp_path, doctor):
    _, out = doctor("--content", kit.make_content(tmp_path))
    heads = [line[:4] for line in out.splitlines() if not line.startswith("      ")]
    assert set(heads) <= {"ok  ", "no  "}
    assert "ok  sandbox process: works" in out.splitlines()


@pytest.mark.parametrize(
    "content, told",
    [
        ("missing", "holds no folder 'assignments'"),
        ("bare", "without reference (a student's kit): no assignment"),
    ],
)
def test_content_that_is_not_there_is_a_finding_and_no_failure(tmp_path, doctor, content, told):
    (tmp_path / "bare" / "assignments").mkdir(parents=True)
    status, out = doctor("--json", "--content", tmp_path / content)
    assert status == 0
    finding = next(finding for finding in json.loads(out) if finding["subject"] == "content")
    assert told in finding["text"]


def test_without_bubblewrap_it_says_what_to_install(kit, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "torchgrade",
            "doctor",
            "--json",
            "--content",
            str(kit.make_content(tmp_path)),
        ],
        env={**os.environ, "PATH": str(empty)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = {finding["subject"]: finding for finding in json.loads(done.stdout)}["sandbox isolated"]
    assert (found["well"], found["text"]) == (False, "bubblewrap is not installed")
    assert "install bubblewrap" in found["advice"]


def test_a_machine_that_can_grade_nothing_is_status_3(monkeypatch, kit, tmp_path, doctor):
    from torchgrade_plugins.sandboxes import confined, isolated, process

    for module, kind, level in (
        (isolated, "IsolatedSandbox", Level.ISOLATED),
        (confined, "ConfinedSandbox", Level.CONFINED),
        (process, "ProcessSandbox", Level.PROCESS),
    ):
        probe = Probe(level=level, works=False, reason="no", advice="get another machine")
        monkeypatch.setattr(getattr(module, kind), "probe", lambda _, probe=probe: probe)
    status, out = doctor("--content", kit.make_content(tmp_path))
    assert status == 3
    assert "no  sandbox process: no\n      get another machine" in out


def test_a_torch_that_cannot_be_loaded_is_a_finding(monkeypatch, kit, tmp_path, doctor):
    monkeypatch.setitem(sys.modules, "torch", None)
    status, out = doctor("--json", "--content", kit.make_content(tmp_path))
    finding = next(finding for finding in json.loads(out) if finding["subject"] == "torch")
    assert (status, finding["well"]) == (0, False)
