"""The rectifier."""

import numpy as np

from torchgrade.testing import Tolerance, close, numerical_gradient


def test_relu_worked_example(student):
    """relu_backward: the worked example of the handout"""
    dx = student.relu_backward(
        dout=np.array([5.0, -6.0, 7.0, -8.0, 9.0]), x=np.array([-1.0, 2.0, 0.0, 3.0, -0.0])
    )
    close(dx, np.array([0.0, -6.0, 0.0, -8.0, 0.0]), "dx")


def test_relu_numerically(student, cases):
    """relu_backward: agrees with numerical differentiation"""
    for case in cases.relu():
        dout, x = case.arguments["dout"], case.arguments["x"]
        expected = numerical_gradient(lambda x: np.maximum(x, 0.0), x, dout)
        close(
            student.relu_backward(dout, x),
            expected,
            f"dx ({case.category})",
            Tolerance(relative=1e-6, absolute=1e-8),
        )
