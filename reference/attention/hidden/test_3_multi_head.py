# canary: torchgrade-reference-7f3c1d
"""Multi-head attention."""

import math

import torch

from torchgrade.testing import check, close, points


@points(4)
def test_multi_head(agree, cases):
    """multi_head_attention: the projections and the heads"""
    agree("multi_head_attention", cases.multi_head())


@points(3)
def test_multi_head_with_a_mask(agree, cases):
    """multi_head_attention: masks are the same for all heads"""
    agree("multi_head_attention", cases.multi_head_mask())


@points(2)
def test_multi_head_modules(agree, cases):
    """multi_head_attention: each module has its own state, which can be saved and loaded"""
    agree("multi_head_attention", cases.modules())


@points(1)
def test_multi_head_initial_weights(student, draw):
    """multi_head_attention: the initial weights are those asked for, and those that are used"""
    width, heads = 24, 4
    seed = int(draw.integers(0, 1_000))
    made = [student.multi_head_attention(width, heads, number) for number in (seed, seed, seed + 1)]
    first, same, other = (checked(each.state(), width) for each in made)
    for name, weight in first.items():
        check(torch.equal(weight, same[name]), f"two modules of the same seed differ in {name}")
        again = name.endswith("weight") and torch.equal(weight, other[name])
        check(not again, f"two modules of different seeds have the same {name}")
    weights = [first[name] for name in sorted(first) if name.endswith("weight")]
    distinct = all(not torch.equal(a, b) for i, a in enumerate(weights) for b in weights[:i])
    check(distinct, "two of the four initial weights are the same")
    query, memory = torch.from_numpy(draw.normal(2, 3, width)), torch.from_numpy(draw.normal(2, 5, width))
    got = made[0].forward(query, memory, memory, None)
    check(isinstance(got, torch.Tensor) and got.shape == query.shape, "forward() must return (N, T, E)")
    repeated = made[0].forward(query, memory, memory, None)
    close(repeated, got, "forward() of the same inputs, called again (is there dropout?)")
    made[2].load(first)
    moved = made[2].forward(query, memory, memory, None)
    close(moved, got, "forward() of another module, after load() of the first one's state()")


def checked(state, width):
    """Return the state if it has the right form and its entries the right size."""
    names = {f"{name}_{part}" for name in ("query", "key", "value", "output") for part in ("weight", "bias")}
    check(isinstance(state, dict) and set(state) == names, "state() must return the eight tensors by name")
    bound = math.sqrt(3.0 / width)
    for name, tensor in state.items():
        shape = (width, width) if name.endswith("weight") else (width,)
        form = isinstance(tensor, torch.Tensor) and tensor.shape == shape and tensor.dtype is torch.float64
        check(form, f"{name} must be a float64 tensor of shape {shape}")
        if name.endswith("bias"):
            check(not tensor.any(), f"the initial {name} must be zero")
            continue
        check(bool((tensor.abs() <= bound).all()), f"the initial {name} has entries outside of ±sqrt(3 / E)")
        # A standard deviation is bound / sqrt(3); of 576 entries it is known to 2 %.
        spread = float(tensor.square().mean().sqrt()) * math.sqrt(3.0) / bound
        check(0.85 < spread < 1.15, f"the entries of the initial {name} are not spread over ±sqrt(3 / E)")
        check(abs(float(tensor.mean())) < 0.2 * bound, f"the initial {name} is not centred at 0")
    return state


@points(1)
def test_multi_head_errors(agree, cases):
    """multi_head_attention: a number of heads that does not divide the columns"""
    agree("multi_head_attention", cases.multi_head_errors())
