# canary: torchgrade-reference-7f3c1d
"""your ReLU lets the gradient pass where `dout` is positive; what decides is the sign of the
forward input `x`, and a negative gradient passes an active unit unchanged
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_relu_backward",
    "test_relu_backward_at_zero",
    "test_mlp_of_two_layers",
    "test_mlp_of_any_depth",
    "test_mlp_weight_decay",
)


@hookimpl
def relu_backward(dout, x):
    return np.where(dout > 0.0, dout, 0.0)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    return solution.mlp_step(params, x, labels, weight_decay, relu_gradient=relu_backward)
