# canary: torchgrade-reference-7f3c1d
"""your `affine_backward` divides `dw` and `db` by the batch size; the mean belongs to the loss,
and `dout` carries its 1/N already, so a layer only sums over the rows
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_affine_backward_of_a_matrix",
    "test_affine_backward_of_more_axes",
    "test_mlp_of_two_layers",
    "test_mlp_of_any_depth",
    "test_mlp_weight_decay",
)


@hookimpl
def affine_backward(dout, x, w, b):
    dx, dw, db = solution.affine_backward(dout, x, w, b)
    return dx, dw / len(x), db / len(x)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    return solution.mlp_step(params, x, labels, weight_decay, affine_gradients=affine_backward)
