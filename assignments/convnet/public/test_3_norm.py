"""Batch normalisation."""

import numpy as np

from torchgrade.testing import Tolerance, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-6, absolute=1e-8)
# What is left of 16 digits when 5 stand for the constant.
FAR = Tolerance(relative=1e-8, absolute=1e-8)
X = np.array([[[[0.0, 2.0]], [[10.0, 10.0]]], [[[4.0, 6.0]], [[10.0, 14.0]]]])


def test_norm_worked_example(student):
    """batch_norm2d: the worked example of the handout"""
    arguments = {
        "x": X,
        "gamma": np.array([3.0, 2.0]),
        "beta": np.array([1.0, 0.0]),
        "running_mean": np.array([1.0, 0.0]),
        "running_var": np.array([4.0, 1.0]),
        "momentum": 0.5,
        "eps": 4.0,
    }
    out, new_mean, new_var = student.batch_norm2d(**arguments, training=True)
    close(out[:, 0, 0], np.array([[-2.0, 0.0], [2.0, 4.0]]), "channel 0 of out")
    close(new_mean, np.array([2.0, 5.5]), "new_mean")
    close(new_var, np.array([4.0 / 2 + 20.0 / 6, 1.0 / 2 + 12.0 / 6]), "new_var")
    out, new_mean, new_var = student.batch_norm2d(**arguments, training=False)
    scale = 3.0 / np.sqrt(8.0)
    expected = np.array([[1.0 - scale, 1.0 + scale], [1.0 + 3.0 * scale, 1.0 + 5.0 * scale]])
    close(out[:, 0, 0], expected, "channel 0 of out, in evaluation")
    close(new_mean, arguments["running_mean"], "new_mean, in evaluation")
    close(new_var, arguments["running_var"], "new_var, in evaluation")


def test_norm_of_a_batch(student, cases):
    """batch_norm2d: the output of training has the mean beta and very nearly the spread gamma"""
    for case in cases.norms():
        gamma, beta, eps = (case.arguments[name] for name in ("gamma", "beta", "eps"))
        out, _, _ = student.batch_norm2d(**case.arguments)
        close(out.mean(axis=(0, 2, 3)), beta, f"mean of out ({case.category})")
        var = case.arguments["x"].var(axis=(0, 2, 3))
        close(out.std(axis=(0, 2, 3)), gamma * np.sqrt(var / (var + eps)), f"spread of out ({case.category})")


def test_norm_far_from_zero(student, cases):
    """batch_norm2d: a constant added to all images changes nothing"""
    for case in cases.norms():
        near, _, near_var = student.batch_norm2d(**case.arguments)
        far, _, far_var = student.batch_norm2d(**{**case.arguments, "x": case.arguments["x"] + 1e5})
        close(far, near, f"out, of x + 1e5 ({case.category})", FAR)
        close(far_var, near_var, f"new_var, of x + 1e5 ({case.category})", FAR)


def test_norm_numerically(student, cases, draw):
    """batch_norm2d_backward: agrees with numerical differentiation"""
    for case in cases.norms():
        x, gamma, beta, eps = (case.arguments[name] for name in ("x", "gamma", "beta", "eps"))
        dout = draw.normal(*x.shape)
        dx, dgamma, dbeta = student.batch_norm2d_backward(dout, x, gamma, eps)
        for got, name, function, at in (
            (dx, "dx", lambda x, g=gamma, b=beta, e=eps: normalised(x, g, b, e), x),
            (dgamma, "dgamma", lambda g, x=x, b=beta, e=eps: normalised(x, g, b, e), gamma),
            (dbeta, "dbeta", lambda b, x=x, g=gamma, e=eps: normalised(x, g, b, e), beta),
        ):
            close(got, numerical_gradient(function, at, dout), f"{name} ({case.category})", DIFFERENCES)


def normalised(x, gamma, beta, eps):
    mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
    return gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
