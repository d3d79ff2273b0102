"""A model that is trained with your own gradients."""

import torch

from torchgrade.testing import check

ALLOWED = 0.02


def test_model_adds_numbers_of_short_sequences(student, cases):
    """sequence_model: adds two of 10 numbers (the hidden tests have 30)"""
    for case in cases.short_sums():
        x, y, z, answers = (case.arguments[name] for name in ("sequences", "targets", "questions", "answers"))
        model = student.sequence_model(2, 1, 7)
        model.fit(x, y)
        predicted = model.predict(z)
        right = isinstance(predicted, torch.Tensor) and predicted.shape == answers.shape
        right = right and predicted.dtype is torch.float32
        check(right, f"`predict` must return a float32 tensor of shape {tuple(answers.shape)} here")
        error = float((predicted - answers).square().mean())
        check(error <= ALLOWED, f"the held-out mean squared error is {error:.3g}; needed: at most {ALLOWED}")
        alone = model.predict(z[:, :1])
        close_enough = alone.shape == (1, 1) and abs(float(alone[0, 0] - predicted[0, 0])) < 1e-4
        check(close_enough, "`predict` answers otherwise for a sequence alone than for it in a batch")
