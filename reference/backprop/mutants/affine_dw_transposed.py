# canary: torchgrade-reference-7f3c1d
"""your `dw` is the transpose of the weights' gradient; `w` has shape (D, M), so `dw` is the
flattened `x`, transposed, times `dout`, not `dout` transposed times `x`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_affine_backward_of_a_matrix", "test_affine_backward_of_more_axes")


@hookimpl
def affine_backward(dout, x, w, b):
    dx, dw, db = solution.affine_backward(dout, x, w, b)
    return dx, dw.T, db
