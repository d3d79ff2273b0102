# canary: torchgrade-reference-7f3c1d
"""your weight decay adds 2 lambda W to the gradient; the loss has half of lambda times the
squares, whose gradient is lambda W
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_mlp_weight_decay",)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    loss, gradients = solution.mlp_step(params, x, labels, weight_decay)
    doubled = [(dw + weight_decay * w, db) for (w, _), (dw, db) in zip(params, gradients, strict=True)]
    return loss, doubled
