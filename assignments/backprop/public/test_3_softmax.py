"""Softmax and cross-entropy."""

import numpy as np

from torchgrade.testing import Tolerance, close, numerical_gradient


def test_softmax_worked_example(student):
    """softmax_cross_entropy: the worked example of the handout"""
    logits = np.array([[0.0, np.log(3.0)], [0.0, 0.0]])
    loss, dlogits = student.softmax_cross_entropy(logits, np.array([1, 0]))
    close(loss, 0.5 * np.log(8.0 / 3.0), "loss")
    close(dlogits, np.array([[0.125, -0.125], [-0.25, 0.25]]), "dlogits")


def test_softmax_numerically(student, cases):
    """softmax_cross_entropy: the gradient is that of your own loss"""
    for case in cases.softmax():
        logits, labels = case.arguments["logits"], case.arguments["labels"]
        _, dlogits = student.softmax_cross_entropy(logits, labels)
        expected = numerical_gradient(loss_with(student, labels), logits)
        close(dlogits, expected, f"dlogits ({case.category})", Tolerance(relative=1e-6, absolute=1e-8))


def loss_with(student, labels):
    """Return the student's loss as a function of the logits."""
    return lambda logits: student.softmax_cross_entropy(logits, labels)[0]


def test_softmax_of_large_logits(student):
    """softmax_cross_entropy: large logits, and rows at different levels"""
    loss, dlogits = student.softmax_cross_entropy(
        np.array([[1e4, 1e4], [-1e4, -1e4], [0.0, 0.0]]), np.array([0, 1, 0])
    )
    close(loss, np.log(2.0), "loss of rows at different levels")
    close(dlogits * 6.0, np.array([[-1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]]), "6 times dlogits")
    loss, _ = student.softmax_cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    close(loss, 2e4, "loss of a true class 20,000 below the largest logit")
