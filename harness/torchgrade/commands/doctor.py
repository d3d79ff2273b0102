"""``torchgrade doctor``: what this machine can do, and how to make it do more."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from torchgrade import __version__
from torchgrade.commands.options import content_option, echo_json, json_option

__all__ = ["command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, whether it is well, and what would help."""

    subject: str
    well: bool
    text: str
    advice: str = ""


@click.command(name="doctor")
@content_option
@json_option
def command(content: Path | None, *, as_json: bool) -> int:
    """Look at Python, the packages, the sandboxes, the content and the GPU of this machine.

    Exit status: 0, or 3 if nothing can be graded here.
    """
    findings = [
        _python(),
        *_sandboxes(),
        _control_groups(),
        _explored("content", lambda: _content(content)),
        _explored("torch", _torch),
        _explored("GPU", _gpu),
        _machine(),
    ]
    if as_json:
        echo_json(findings)
    else:
        for finding in findings:
            mark = click.style("ok  ", fg="green") if finding.well else click.style("no  ", fg="yellow")
            click.echo(f"{mark}{finding.subject}: {finding.text}")
            if finding.advice:
                click.echo(f"      {finding.advice}")
    grades = any(finding.well for finding in findings if finding.subject.startswith("sandbox"))
    return 0 if grades else 3


def _python() -> Finding:
    text = f"{platform.python_version()} ({sys.executable}), torchgrade {__version__}"
    return Finding(subject="python", well=sys.version_info >= (3, 11), text=text)


def _sandboxes() -> list[Finding]:
    from torchgrade.plugin import load_plugins

    findings = []
    for name, sandbox in load_plugins().sandboxes:
        probe = sandbox.probe()
        text = "; ".join(filter(None, ("works", probe.remark))) if probe.works else probe.reason
        findings.append(Finding(subject=f"sandbox {name}", well=probe.works, text=text, advice=probe.advice))
    return findings


def _control_groups() -> Finding:
    from torchgrade.remote.cgroups import control_groups

    groups = control_groups()
    return Finding(
        subject="limits of all processes of a submission together",
        well=bool(groups.hierarchies),
        text=str(groups),
        advice=groups.advice,
    )


def _explored(subject: str, explore: Callable[[], Finding]) -> Finding:
    from torchgrade.errors import TorchgradeError

    try:
        return explore()
    except (TorchgradeError, ImportError, OSError) as error:  # a broken library is an OSError
        return Finding(subject=subject, well=False, text=str(error))


def _content(content: Path | None) -> Finding:
    from torchgrade.content import assignment_ids, find_content_root

    root = find_content_root(content)
    private = "with reference" if (root / "reference").is_dir() else "without reference (a student's kit)"
    names = ", ".join(assignment_ids(root)) or "no assignment"
    return Finding(subject="content", well=True, text=f"{root}, {private}: {names}")


def _torch() -> Finding:
    import torch

    return Finding(subject="torch", well=True, text=str(torch.__version__))


def _gpu() -> Finding:
    from torchgrade.budget.accelerator import why_no_gpu
    from torchgrade.plugin import load_plugins

    offered = sorted((box for _, box in load_plugins().sandboxes), key=lambda box: -box.level.strength)
    sandbox = next((box for box in offered if box.probe().works), None)
    why = "no sandbox works" if sandbox is None else why_no_gpu(sandbox)
    if why or sandbox is None:
        return Finding(subject="GPU", well=False, text=f"{why}; budgets on CUDA are not measured")
    return Finding(subject="GPU", well=True, text=f"workers at level '{sandbox.level}' can use it")


def _machine() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    text = f"{platform.system()} {platform.release()}, {cores} cores, {free:.0f} GiB free on this disk"
    return Finding(subject="machine", well=True, text=text)
