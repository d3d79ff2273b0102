"""Multi-head attention."""

import math

import torch

from torchgrade.testing import check, close

PROJECTIONS = ("query", "key", "value", "output")


def identity(width):
    """Return a state whose projections do nothing."""
    made = {f"{name}_weight": torch.eye(width, dtype=torch.float64) for name in PROJECTIONS}
    return made | {f"{name}_bias": torch.zeros(width, dtype=torch.float64) for name in PROJECTIONS}


def test_multi_head_worked_example(student):
    """multi_head_attention: the worked example of the handout"""
    query = torch.tensor([[[0.0, math.log(3.0)]]], dtype=torch.float64)
    key = torch.tensor([[[1.0, 1.0], [2.0, 2.0]]], dtype=torch.float64)
    value = 4.0 * key
    for heads, expected in ((2, [6.0, 7.0]), (1, [4.0 + 4.0 / (1.0 + 3.0 ** -math.sqrt(0.5))] * 2)):
        made = student.multi_head_attention(2, heads, 0)
        made.load(identity(2))
        out = made.forward(query, key, value, None)
        close(out, torch.tensor([[expected]], dtype=torch.float64), f"forward() with {heads} heads")


def test_multi_head_is_attention_of_each_head(student, cases, draw):
    """multi_head_attention: each head is your own attention, with a mask too"""
    state = identity(6)
    query, key, value = (torch.from_numpy(draw.normal(2, length, 6)) for length in (3, 5, 5))
    mask = torch.from_numpy(draw.uniform(0.0, 1.0, 2, 3, 5) < 0.6)
    mask[..., 1] = True
    made = student.multi_head_attention(6, 2, 1)
    made.load(state)
    for allowed, told in ((None, "without a mask"), (mask, "with a mask of (N, T, S)")):
        out = made.forward(query, key, value, allowed)
        heads = [
            student.scaled_dot_product_attention(
                query[..., own], key[..., own], value[..., own], allowed, False
            )
            for own in (slice(0, 3), slice(3, 6))
        ]
        close(out, torch.cat(heads, dim=-1), f"forward() {told}")


def test_multi_head_projections(student, draw):
    """multi_head_attention: with a single key, all that is left are the projections of its value"""
    state = {name: torch.from_numpy(draw.normal(*tensor.shape)) for name, tensor in identity(4).items()}
    made = student.multi_head_attention(4, 2, 2)
    made.load(state)
    query, key, value = (torch.from_numpy(draw.normal(2, length, 4)) for length in (3, 1, 1))
    out = made.forward(query, key, value, None)
    projected = value @ state["value_weight"].T + state["value_bias"]
    expected = projected @ state["output_weight"].T + state["output_bias"]
    close(out, expected.expand(2, 3, 4), "forward() with one key")


def test_multi_head_state(student, draw):
    """multi_head_attention: weights can be saved and loaded, and belong to one module"""
    first, second = student.multi_head_attention(6, 3, 5), student.multi_head_attention(6, 3, 6)
    state = first.state()
    check(isinstance(state, dict) and set(state) == set(identity(6)), "state() must return the eight tensors")
    differ = not torch.equal(state["query_weight"], second.state()["query_weight"])
    check(differ, "modules of different seeds must have different weights")
    x = torch.from_numpy(draw.normal(2, 3, 6))
    out = first.forward(x, x, x, None)
    second.load(state)
    close(second.forward(x, x, x, None), out, "forward() of the module that loaded the state")
    second.load(identity(6))
    close(first.forward(x, x, x, None), out, "forward() of the first module, after the second loaded others")
