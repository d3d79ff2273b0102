# canary: torchgrade-reference-7f3c1d
"""your `dx` stays flattened to (N, D); the forward pass flattened `x`, so the backward pass must
give `dx` the shape of `x` again
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_affine_backward_of_more_axes",)


@hookimpl
def affine_backward(dout, x, w, b):
    dx, dw, db = solution.affine_backward(dout, x, w, b)
    return dx.reshape(len(x), -1), dw, db
