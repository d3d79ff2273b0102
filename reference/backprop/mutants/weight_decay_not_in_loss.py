# canary: torchgrade-reference-7f3c1d
"""your gradient has the weight decay, but your loss does not; half of lambda times the sum of the
squared weights belongs to the loss that you return
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_mlp_weight_decay",)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    _, gradients = solution.mlp_step(params, x, labels, weight_decay)
    loss, _ = solution.mlp_step(params, x, labels, 0.0)
    return loss, gradients
