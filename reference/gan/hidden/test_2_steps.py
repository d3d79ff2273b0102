# canary: torchgrade-reference-7f3c1d
"""Two networks and their steps."""

from __future__ import annotations

from typing import Any

import torch

from torchgrade.testing import Tolerance, check, points

# Room for another order of sums, step after step, and for a slope of 0.2 that was a float32 on its way.
STEPS = Tolerance(relative=1e-6, absolute=1e-11)


@points(5)
def test_new_model(agree, cases):
    """gan: a new model"""
    agree("gan", cases.fresh_models())


@points(5)
def test_state(agree, cases):
    """gan: load() restores what state() shows"""
    agree("gan", cases.states(), STEPS)


@points(7)
def test_sample(agree, cases):
    """gan: sample"""
    agree("gan", cases.samples(), STEPS)


@points(8)
def test_discriminator_step(agree, cases):
    """gan: one step of the discriminator"""
    agree("gan", cases.discriminator_steps(), STEPS)


@points(8)
def test_generator_step(agree, cases):
    """gan: one step of the generator"""
    agree("gan", cases.generator_steps(), STEPS)


@points(5)
def test_several_steps(agree, cases):
    """gan: several steps, by turns and not by turns"""
    agree("gan", cases.alternating(), STEPS)


@points(2)
def test_two_models(agree, cases):
    """gan: two models side by side"""
    agree("gan", cases.side_by_side(), STEPS)


@points(1)
def test_the_other_side_stays(student, cases):
    """gan: a step changes nothing of the other network, bit for bit"""
    for hook_arguments, state, real, noise in cases.sides():
        model = student.gan(**hook_arguments)
        model.load(state)
        for step, arguments, other in (
            ("discriminator_step", (real, noise), "generator"),
            ("generator_step", (noise,), "discriminator"),
        ):
            before, _, after = model.in_turn(("state",), (step, *arguments), ("state",))
            check(
                bits(before, other) == bits(after, other),
                f"a `{step}` changes the {other}'s parameters, m, v or t (compared bit for bit)",
            )
            own = step.removesuffix("_step")
            check(
                bits(before, own)[-1] != bits(after, own)[-1],
                f"a `{step}` leaves the {own}'s t as it was",
            )


def bits(state: Any, network: str) -> list[bytes]:
    """Return parameters, moments and time of a network as they lie in memory; refuse another form."""
    side = state.get(network) if isinstance(state, dict) else None
    found = []
    for key in ("parameters", "m", "v"):
        tensors = side.get(key) if isinstance(side, dict) else None
        right = isinstance(tensors, list | tuple) and all(isinstance(each, torch.Tensor) for each in tensors)
        check(right, f"`state()['{network}']['{key}']` is no list of tensors")
        found += [each.contiguous().numpy().tobytes() for each in tensors]
    return [*found, repr(side.get("t")).encode()]
