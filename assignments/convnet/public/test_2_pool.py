"""Max pooling."""

import numpy as np

from torchgrade.testing import Tolerance, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-6, absolute=1e-8)


def test_pool_worked_example(student):
    """max_pool2d and its backward pass: the worked example of the handout"""
    x = np.array([[[[1.0, 5.0, 2.0], [5.0, 0.0, 3.0], [4.0, 1.0, 6.0]]]])
    out = student.max_pool2d(x, (2, 2), (1, 1), (0, 0))
    close(out, np.array([[[[5.0, 5.0], [5.0, 6.0]]]]), "out")
    dx = student.max_pool2d_backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), x, (2, 2), (1, 1), (0, 0))
    expected = np.array([[[[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 4.0]]]])
    close(dx, expected, "dx, where the first window has two maxima")


def test_pool_of_negative_numbers(student):
    """max_pool2d: the border never wins"""
    x = np.array([[[[-1.0, -2.0], [-3.0, -4.0]]]])
    close(student.max_pool2d(x, (2, 2), (2, 2), (1, 1)), x, "out")


def test_pool_by_its_definition(student, cases):
    """max_pool2d: agrees with the definition, one window after the other"""
    for case in cases.pools():
        expected = pooled(**case.arguments)
        close(student.max_pool2d(**case.arguments), expected, f"out ({case.category})")


def pooled(x, kernel, stride, padding):
    p, q = padding
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=-np.inf)
    rows = (xp.shape[2] - kernel[0]) // stride[0] + 1
    columns = (xp.shape[3] - kernel[1]) // stride[1] + 1
    out = np.zeros((*x.shape[:2], rows, columns))
    for n, c, i, j in np.ndindex(out.shape):
        top, left = i * stride[0], j * stride[1]
        out[n, c, i, j] = xp[n, c, top : top + kernel[0], left : left + kernel[1]].max()
    return out


def test_pool_numerically(student, cases, draw):
    """max_pool2d_backward: agrees with numerical differentiation"""
    for case in cases.pools():
        dout = draw.normal(*pooled(**case.arguments).shape)
        dx = student.max_pool2d_backward(dout=dout, **case.arguments)
        expected = numerical_gradient(output_of(case.arguments), case.arguments["x"], dout)
        close(dx, expected, f"dx ({case.category})", DIFFERENCES)


def output_of(arguments):
    """Return pooling as a function of its images alone."""
    return lambda x: pooled(**{**arguments, "x": x})
