"""Convolution."""

import numpy as np

from torchgrade.testing import Tolerance, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-6, absolute=1e-8)
X = np.array([[[[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [2.0, 0.0, 1.0]]]])
WEIGHT = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])


def test_conv_worked_example(student):
    """conv2d: the worked example of the handout"""
    out = student.conv2d(X, WEIGHT, np.array([0.5]), (1, 1), (0, 0))
    close(out, np.array([[[[9.5, 17.5], [8.5, 11.5]]]]), "out")
    out = student.conv2d(X, WEIGHT, np.array([0.5]), (2, 2), (1, 1))
    close(out, np.array([[[[4.5, 6.5], [8.5, 11.5]]]]), "out with a stride of 2 and padding of 1")


def test_conv_backward_worked_example(student):
    """conv2d_backward: the worked example of the handout"""
    dout = np.array([[[[2.0, 0.0], [0.0, -1.0]]]])
    dx, dweight, dbias = student.conv2d_backward(dout, X, WEIGHT, np.array([0.5]), (1, 1), (0, 0))
    close(dx, np.array([[[[2.0, 4.0, 0.0], [6.0, 7.0, -2.0], [0.0, -3.0, -4.0]]]]), "dx")
    close(dweight, np.array([[[[1.0, 1.0], [0.0, 1.0]]]]), "dweight")
    close(dbias, np.array([1.0]), "dbias")


def test_conv_by_its_formula(student, cases):
    """conv2d: agrees with the formula, one entry after the other"""
    for case in cases.convolutions():
        expected = convolved(**case.arguments)
        close(student.conv2d(**case.arguments), expected, f"out ({case.category})")


def convolved(x, weight, bias, stride, padding):
    (p, q), (kernel_rows, kernel_columns) = padding, weight.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    rows = (xp.shape[2] - kernel_rows) // stride[0] + 1
    columns = (xp.shape[3] - kernel_columns) // stride[1] + 1
    out = np.zeros((len(x), len(weight), rows, columns))
    for n, f, i, j in np.ndindex(out.shape):
        top, left = i * stride[0], j * stride[1]
        window = xp[n, :, top : top + kernel_rows, left : left + kernel_columns]
        out[n, f, i, j] = (window * weight[f]).sum() + bias[f]
    return out


def test_conv_numerically(student, cases, draw):
    """conv2d_backward: agrees with numerical differentiation"""
    for case in cases.convolutions():
        arguments = case.arguments
        dout = draw.normal(*convolved(**arguments).shape)
        gradients = student.conv2d_backward(dout=dout, **arguments)
        for got, name in zip(gradients, ("x", "weight", "bias"), strict=True):
            expected = numerical_gradient(output_with(arguments, name), arguments[name], dout)
            close(got, expected, f"d{name} ({case.category})", DIFFERENCES)


def output_with(arguments, name):
    """Return the convolution as a function of one argument alone."""
    return lambda array: convolved(**{**arguments, name: array})
