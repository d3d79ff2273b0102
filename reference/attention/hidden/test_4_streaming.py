# canary: torchgrade-reference-7f3c1d
"""Attention a block of keys at a time."""

from torchgrade.testing import points


@points(4)
def test_streaming(agree, cases):
    """streaming_attention: blocks of all sizes"""
    agree("streaming_attention", cases.streaming())


@points(3)
def test_streaming_causal(agree, cases):
    """streaming_attention: causal, with blocks that some queries do not see"""
    agree("streaming_attention", cases.streaming_causal())


@points(2)
def test_streaming_of_large_scores(agree, cases):
    """streaming_attention: largest scores in any block, scores of 10,000"""
    agree("streaming_attention", cases.streaming_large())
