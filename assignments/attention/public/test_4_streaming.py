"""Streaming attention."""

import math

import torch

from torchgrade.testing import close


def test_streaming_worked_example(student):
    """streaming_attention: the worked example of the handout"""
    query = torch.ones(1, 1, dtype=torch.float64)
    key = torch.tensor([[0.0], [math.log(2.0)], [math.log(4.0)]], dtype=torch.float64)
    value = torch.tensor([[7.0], [0.0], [14.0]], dtype=torch.float64)
    for block in (1, 2, 3):
        out = student.streaming_attention(query, key, value, False, block)
        close(out, torch.tensor([[9.0]], dtype=torch.float64), f"out with blocks of {block}")


def test_streaming_is_attention(student, cases):
    """streaming_attention: gives what your own attention gives, whatever the block"""
    for case in cases.streams():
        query, key, value, causal, block = case.arguments.values()
        expected = student.scaled_dot_product_attention(query, key, value, None, causal)
        close(
            student.streaming_attention(query, key, value, causal, block), expected, f"out ({case.category})"
        )


def test_streaming_of_rising_scores(student):
    """streaming_attention: the largest score, 10,000, comes last"""
    query = torch.ones(1, 1, dtype=torch.float64)
    key = torch.linspace(0.0, 1e4, 9, dtype=torch.float64)[:, None]
    value = torch.arange(9, dtype=torch.float64)[:, None]
    out = student.streaming_attention(query, key, value, False, 2)
    close(out, torch.tensor([[8.0]], dtype=torch.float64), "out")
