# canary: torchgrade-reference-7f3c1d
"""your weight decay lacks the factor one half, in the loss and so in the gradient; the contract
has half of lambda times the sum of squares
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_mlp_weight_decay",)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    return solution.mlp_step(params, x, labels, 2.0 * weight_decay)
