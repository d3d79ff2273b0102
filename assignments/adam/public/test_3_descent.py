"""A small training: the test computes the gradients, your optimiser steps."""

import torch

from torchgrade.testing import check


def test_descent_into_a_long_bowl(student, draw):
    """adam: reaches the bottom of a bowl that is 10,000 times steeper one way than the other"""
    bottom = torch.as_tensor(draw.uniform(0.5, 1.5, 3), dtype=torch.float64)
    steepness = torch.tensor([0.01, 1.0, 100.0], dtype=torch.float64)
    optimiser = student.adam(
        [torch.zeros(3, dtype=torch.float64)], 0.05, (0.9, 0.999), 1e-8, 0.0, False, False
    )
    for _ in range(400):
        optimiser.step([steepness * (optimiser.parameters()[0] - bottom)])
    distance = float((optimiser.parameters()[0] - bottom).abs().max())
    check(distance < 0.02, f"after 400 steps an entry is {distance:.3g} from the bottom; needed: 0.02")
