# canary: torchgrade-reference-7f3c1d
"""Scaled dot-product attention."""

from torchgrade.testing import points


@points(5)
def test_attention(agree, cases):
    """scaled_dot_product_attention: without a mask"""
    agree("scaled_dot_product_attention", cases.attention())


@points(6)
def test_attention_with_a_mask(agree, cases):
    """scaled_dot_product_attention: masks, also such as are broadcast"""
    agree("scaled_dot_product_attention", cases.masks())


@points(4)
def test_attention_causal(agree, cases):
    """scaled_dot_product_attention: causal, with any number of queries and keys"""
    agree("scaled_dot_product_attention", cases.causal())


@points(3)
def test_attention_of_masked_rows(agree, cases):
    """scaled_dot_product_attention: queries that may attend to no key"""
    agree("scaled_dot_product_attention", cases.masked_rows())


@points(2)
def test_attention_of_large_scores(agree, cases):
    """scaled_dot_product_attention: scores of 10,000"""
    agree("scaled_dot_product_attention", cases.large_scores())
