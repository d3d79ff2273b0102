"""Positions, and the Transformer block."""

import math

import torch

from torchgrade.testing import close

PROJECTIONS = ("query", "key", "value", "output")


def test_positional_encoding_worked_example(student):
    """positional_encoding: the worked example of the handout"""
    table = student.positional_encoding(2, 2)
    expected = [[0.0, 1.0], [math.sin(1.0), math.cos(1.0)]]
    close(table, torch.tensor(expected, dtype=torch.float64), "positional_encoding(2, 2)")
    third = student.positional_encoding(2, 3)[:, 2]
    last = torch.tensor([0.0, math.sin(10_000 ** (-2 / 3))], dtype=torch.float64)
    close(third, last, "the third column of positional_encoding(2, 3)")


def test_block_without_feed_forward(student, cases, draw):
    """transformer_block: if the last layer is zero, it is x plus your own attention of the normalised x"""
    (weights,) = cases.block_weights(6, 5)
    weights["down_weight"], weights["down_bias"] = (
        torch.zeros_like(weights["down_weight"]),
        torch.zeros(6).double(),
    )
    x = torch.from_numpy(draw.normal(2, 4, 6))
    made = student.multi_head_attention(6, 2, 0)
    made.load({name: tensor for name, tensor in weights.items() if name.split("_")[0] in PROJECTIONS})
    z = torch.nn.functional.layer_norm(x, (6,), weights["norm_1_weight"], weights["norm_1_bias"])
    expected = x + made.forward(z, z, z, None)
    close(student.transformer_block(x, weights, 2, None, False), expected, "out")


def test_block_without_attention(student, cases, draw):
    """transformer_block: if the attention's output is zero, it is x plus the feed-forward network"""
    (weights,) = cases.block_weights(6, 5)
    weights["output_weight"], weights["output_bias"] = torch.zeros(6, 6).double(), torch.zeros(6).double()
    x = torch.from_numpy(draw.normal(2, 4, 6))
    z = torch.nn.functional.layer_norm(x, (6,), weights["norm_2_weight"], weights["norm_2_bias"])
    hidden = torch.relu(z @ weights["up_weight"].T + weights["up_bias"])
    expected = x + hidden @ weights["down_weight"].T + weights["down_bias"]
    close(student.transformer_block(x, weights, 3, None, False), expected, "out")


def test_causal_block_does_not_see_the_future(student, cases, draw):
    """transformer_block: causal, a change of the last position changes nothing before it"""
    (weights,) = cases.block_weights(6, 5)
    x = torch.from_numpy(draw.normal(2, 4, 6))
    out = student.transformer_block(x, weights, 2, None, True)
    changed = x.clone()
    changed[:, -1] += 1.0
    other = student.transformer_block(changed, weights, 2, None, True)
    close(other[:, :-1], out[:, :-1], "out at the earlier positions")
