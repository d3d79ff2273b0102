# canary: torchgrade-reference-7f3c1d
"""Cosine similarity."""

from torchgrade.testing import points


@points(6)
def test_similarity(agree, cases):
    """cosine_similarity_matrix: rows of all lengths"""
    agree("cosine_similarity_matrix", cases.similarities())


@points(3)
def test_similarity_of_zero_rows(agree, cases):
    """cosine_similarity_matrix: zero rows"""
    agree("cosine_similarity_matrix", cases.zero_similarities())
