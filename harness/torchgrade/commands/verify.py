"""``torchgrade verify``: grade the content itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from torchgrade.commands.options import content_option, echo_json, echo_table, json_option, points_text

if TYPE_CHECKING:
    from torchgrade.verify import Proof

__all__ = ["command"]


@click.command(name="verify")
@click.argument("assignment_ids", metavar="[ID...]", nargs=-1)
@click.option("--seed", metavar="HEX", help="Seed of the cases; else a new one each time.")
@click.option("--sandbox", default="best", show_default=True, metavar="LEVEL", help="Level to run at.")
@content_option
@json_option
def command(
    assignment_ids: tuple[str, ...], seed: str | None, sandbox: str, content: Path | None, *, as_json: bool
) -> int:
    """Show what an assignment's tests prove: all assignments, or those that are named.

    The reference scores 100 and the starter 0, every mutant loses the points named for it and is
    named by a message, alternatives keep all points, negative controls get none. What does not hold
    is said on stderr, a line each.

    Exit status: 0 if all of it holds, 3 if the content is broken.
    """
    import secrets

    from torchgrade.content import find_content_root
    from torchgrade.errors import ContentError
    from torchgrade.grading.jobs import GradingSetup
    from torchgrade.plugin import load_plugins
    from torchgrade.verify import prove

    root = find_content_root(content)
    plugins = load_plugins()
    seed = seed if seed is not None else secrets.token_hex(32)
    found: dict[str, dict[str, Any]] = {}
    for assignment_id in _chosen(root, assignment_ids):
        setup = GradingSetup(content_root=str(root), assignment=assignment_id, seed=seed, sandbox=sandbox)
        try:
            proof = prove(setup, plugins)
        except ContentError as error:
            found[assignment_id] = {"ok": False, "problems": [str(error)]}
        else:
            found[assignment_id] = _plain(proof)
            if not as_json:
                _echo_proof(proof)
        for problem in found[assignment_id]["problems"]:
            click.echo(f"error: {assignment_id}: {problem}", err=True)
    if as_json:
        echo_json({name: {**told, "seed": seed} for name, told in found.items()})
    if all(told["ok"] for told in found.values()):
        return 0
    click.echo(f"the same cases again: --seed {seed}", err=True)
    return 3


def _chosen(root: Path, named: tuple[str, ...]) -> tuple[str, ...]:
    """Return the assignments that are named, or all.

    Raises:
        UsageError: if one is unknown, before any is graded; or if there is none.
    """
    from torchgrade.content import assignment_ids
    from torchgrade.errors import UsageError, did_you_mean

    known = assignment_ids(root)
    for name in named:
        if name not in known:
            raise UsageError(f"no assignment '{name}' in {root}{did_you_mean(name, known)}")
    if not known:
        raise UsageError(f"no assignment in {root}")
    return tuple(dict.fromkeys(named)) or tuple(known)


def _plain(proof: Proof) -> dict[str, Any]:
    return {
        "ok": not proof.problems,
        "max_points": _number(proof.max_points),
        "reference": _number(proof.reference.points),
        "starter": _number(proof.starter.points),
        "mutants": {
            "total": len(proof.mutants),
            "killed": sum(mutant.killed for mutant in proof.mutants),
            "survived": [mutant.name for mutant in proof.mutants if not mutant.killed],
            "each": {
                mutant.name: {
                    "points": _number(mutant.points),
                    "killed_by": mutant.killed_by,
                    "named_by": mutant.named_by,
                    "margin_in_tolerances": mutant.margin,
                }
                for mutant in proof.mutants
            },
        },
        "alternatives": {other.name: _number(other.points) for other in proof.alternatives},
        "controls": {control.name: _number(control.points) for control in proof.controls},
        "problems": proof.problems,
        "sandbox": proof.sandbox,
        "seconds": proof.seconds,
    }


def _number(points: Fraction) -> int | float:
    return points.numerator if points.denominator == 1 else float(points)


def _echo_proof(proof: Proof) -> None:
    rows = [("reference", points_text(proof.reference.points), _failing(proof.reference.failing))]
    rows.append(("starter", points_text(proof.starter.points), "says 'not implemented' everywhere"))
    if proof.starter.messages:
        rows[-1] = ("starter", points_text(proof.starter.points), proof.starter.messages[0])
    rows += [
        (f"alternative {other.name}", points_text(other.points), _failing(other.failing))
        for other in proof.alternatives
    ]
    rows += [
        (f"mutant {mutant.name}", points_text(mutant.points), _killers(mutant.killed_by, mutant.missed_by))
        for mutant in proof.mutants
    ]
    rows += [
        (f"control {control.name}", points_text(control.points), _passing(control.passing))
        for control in proof.controls
    ]
    click.echo(f"{proof.assignment} (sandbox: {proof.sandbox}, {proof.seconds:.1f} s)")
    echo_table(("implementation", "points", "what its tests say"), rows, right=(1,))
    count = len(proof.problems)
    told = f"{count} problem{'s' * (count > 1)}" if count else "all of it holds"
    click.secho(f"{proof.assignment}: {told}\n", bold=True, fg="red" if count else "green")


def _failing(names: tuple[str, ...]) -> str:
    return f"fails {', '.join(names)}" if names else "passes everything"


def _passing(names: tuple[str, ...]) -> str:
    return f"passes {', '.join(names)}" if names else "passes nothing"


def _killers(killed_by: tuple[str, ...], missed_by: tuple[str, ...]) -> str:
    killed = f"killed by {', '.join(killed_by)}" if killed_by else "survives"
    return f"{killed}; missed by {', '.join(missed_by)}" if missed_by else killed
