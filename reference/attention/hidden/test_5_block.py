# canary: torchgrade-reference-7f3c1d
"""Positions, and the Transformer block."""

from torchgrade.testing import Tolerance, points


@points(3)
def test_positional_encoding(agree, cases):
    """positional_encoding: sines and cosines"""
    agree("positional_encoding", cases.positions(), Tolerance(relative=0.0, absolute=1e-9))


@points(6)
def test_block(agree, cases):
    """transformer_block: without a mask"""
    agree("transformer_block", cases.blocks())


@points(4)
def test_block_with_masks(agree, cases):
    """transformer_block: masks and causality"""
    agree("transformer_block", cases.blocks_with_masks())
