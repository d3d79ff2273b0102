"""Both functions agree with the solution."""

from __future__ import annotations

from torchgrade.testing import points


@points(1)
def test_lstm(agree, cases):
    """lstm: all hidden states."""
    agree("lstm", cases.lstm())


@points(1)
def test_attention(agree, cases):
    """attention: one head."""
    agree("attention", cases.attention())
