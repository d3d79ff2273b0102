"""The affine layer."""

import numpy as np

from torchgrade.testing import Tolerance, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-6, absolute=1e-8)


def test_affine_worked_example(student):
    """affine_backward: the worked example of the handout"""
    dx, dw, db = student.affine_backward(
        dout=np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]]),
        x=np.array([[1.0, 2.0], [3.0, 4.0]]),
        w=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        b=np.zeros(3),
    )
    close(dx, np.array([[-2.0, -2.0], [4.0, 13.0]]), "dx")
    close(dw, np.array([[7.0, 3.0, -1.0], [10.0, 4.0, -2.0]]), "dw")
    close(db, np.array([3.0, 1.0, -1.0]), "db")


def test_affine_numerically(student, cases):
    """affine_backward: agrees with numerical differentiation"""
    for case in cases.affine():
        dout, x, w, b = (case.arguments[name] for name in ("dout", "x", "w", "b"))
        dx, dw, db = student.affine_backward(dout, x, w, b)
        for got, name, function, at in (
            (dx, "dx", lambda x, w=w, b=b: affine(x, w, b), x),
            (dw, "dw", lambda w, x=x, b=b: affine(x, w, b), w),
            (db, "db", lambda b, x=x, w=w: affine(x, w, b), b),
        ):
            close(got, numerical_gradient(function, at, dout), f"{name} ({case.category})", DIFFERENCES)


def affine(x, w, b):
    return x.reshape(len(x), -1) @ w + b
