"""``torchgrade verify``: grade the content itself."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from torchgrade.commands.options import content_option, echo_json, echo_table, json_option, points_text

if TYPE_CHECKING:
    from torchgrade.verify import BudgetProof, Proof

__all__ = ["command"]


@click.command(name="verify")
@click.argument("assignment_ids", metavar="[ID...]", nargs=-1)
@click.option("--seed", metavar="HEX", help="Seed of the cases; else a new one each time.")
@click.option("--sandbox", default="best", show_default=True, metavar="LEVEL", help="Level to run at.")
@click.option(
    "--budgets/--no-budgets", default=True, help="Measure time and memory, too.  [default: budgets]"
)
@click.option("--calibrate", is_flag=True, help="Record how each yardstick compares with its reference.")
@content_option
@json_option
def command(
    assignment_ids: tuple[str, ...],
    seed: str | None,
    sandbox: str,
    content: Path | None,
    *,
    budgets: bool,
    calibrate: bool,
    as_json: bool,
) -> int:
    """Show what an assignment's tests prove: all assignments, or those that are named.

    The reference scores 100 and the starter 0, every mutant loses the points named for it and is
    named by a message, alternatives keep all points, negative controls get none. By every budget the
    reference is as fast as itself, and each alternative well inside or, if it says so, well outside.
    What does not hold is said on stderr, a line each.

    Exit status: 0 if all of it holds, 3 if the content is broken.
    """
    import secrets

    from torchgrade.content import find_content_root
    from torchgrade.errors import ContentError, UsageError
    from torchgrade.grading.jobs import GradingSetup
    from torchgrade.plugin import load_plugins
    from torchgrade.verify import prove

    if calibrate and not budgets:
        raise UsageError("--calibrate measures what --no-budgets leaves out")
    root = find_content_root(content)
    plugins = load_plugins()
    seed = seed if seed is not None else secrets.token_hex(32)
    found: dict[str, dict[str, Any]] = {}
    for assignment_id in _chosen(root, assignment_ids):
        setup = GradingSetup(
            content_root=str(root), assignment=assignment_id, seed=seed, sandbox=sandbox, budgets=budgets
        )
        try:
            proof = prove(setup, plugins, calibrate=calibrate)
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
        "test_points": _number(proof.test_points),
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
        "budgets": {budget.name: _plain_budget(budget) for budget in proof.budgets},
        "problems": proof.problems,
        "sandbox": proof.sandbox,
        "seconds": proof.seconds,
    }


def _plain_budget(budget: BudgetProof) -> dict[str, Any]:
    if budget.not_measured:
        return {"measured": False, "why": budget.not_measured}
    return {
        "measured": True,
        "full_marks": budget.full_marks,
        "zero_marks": budget.zero_marks,
        "ratios": {
            each.implementation: {
                "ratio": round(each.ratio, 4),
                "low": round(each.low, 4),
                "high": round(each.high, 4) if each.high < math.inf else None,
                "within": each.within,
                "margin": round(each.margin, 3),
            }
            for each in budget.ratios
        },
        "yardstick_ratio": budget.yardstick_ratio,
        "yardstick_spread": budget.yardstick_spread,
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
    for budget in proof.budgets:
        _echo_budget(budget)
    count = len(proof.problems)
    told = f"{count} problem{'s' * (count > 1)}" if count else "all of it holds"
    click.secho(f"{proof.assignment}: {told}\n", bold=True, fg="red" if count else "green")


def _echo_budget(budget: BudgetProof) -> None:
    click.echo(
        f"\nbudget {budget.name} ({budget.measures}, {budget.points} points):"
        f" full marks up to {budget.full_marks:g} times the reference, none from {budget.zero_marks:g}"
    )
    if budget.not_measured:
        click.echo(f"not measured: {budget.not_measured}")
        return
    rows = [
        (
            each.implementation,
            f"{each.ratio:.3g}",
            f"{each.low:.3g} to {each.high:.3g}" if each.high < math.inf else f"{each.low:.3g} or more",
            f"{each.margin:.3g} times {'inside' if each.within else 'outside'}",
        )
        for each in budget.ratios
    ]
    if budget.yardstick_ratio is not None and budget.yardstick_spread is not None:
        spread = f"± {100 * budget.yardstick_spread:.1f} %"
        rows.append(("yardstick", f"{budget.yardstick_ratio:.3g}", spread, "stands in at home"))
    echo_table(("implementation", "ratio", "between", "from the limit"), rows, right=(1,))


def _failing(names: tuple[str, ...]) -> str:
    return f"fails {', '.join(names)}" if names else "passes everything"


def _passing(names: tuple[str, ...]) -> str:
    return f"passes {', '.join(names)}" if names else "passes nothing"


def _killers(killed_by: tuple[str, ...], missed_by: tuple[str, ...]) -> str:
    killed = f"killed by {', '.join(killed_by)}" if killed_by else "survives"
    return f"{killed}; missed by {', '.join(missed_by)}" if missed_by else killed
