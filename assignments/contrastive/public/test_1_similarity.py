"""Cosine similarity."""

import torch

from torchgrade.testing import close

Z1 = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)
Z2 = torch.tensor([[2.0, 0.0], [4.0, 3.0], [0.0, 0.0]], dtype=torch.float64)
EXPECTED = torch.tensor([[0.6, 0.96, 0.0], [0.0, 0.6, 0.0]], dtype=torch.float64)


def test_similarity_worked_example(student):
    """cosine_similarity_matrix: the worked example of the handout"""
    close(student.cosine_similarity_matrix(Z1, Z2), EXPECTED, "similarities")


def test_similarity_of_lengths(student):
    """cosine_similarity_matrix: the lengths of rows do not matter"""
    lengths = torch.tensor([[2e-6], [300.0]], dtype=torch.float64)
    close(student.cosine_similarity_matrix(Z1 * lengths, Z2), EXPECTED, "similarities of longer rows")


def test_similarity_in_float32(student):
    """cosine_similarity_matrix: float32 stays float32"""
    close(student.cosine_similarity_matrix(Z1.float(), Z2.float()), EXPECTED.float(), "similarities")
