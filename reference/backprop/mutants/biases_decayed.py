# canary: torchgrade-reference-7f3c1d
"""your weight decay takes in the biases; the contract decays weight matrices alone, in the loss
and in the gradient
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_mlp_weight_decay",)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    loss, gradients = solution.mlp_step(params, x, labels, weight_decay)
    loss += 0.5 * weight_decay * sum((b**2).sum() for _, b in params)
    decayed = [(dw, db + weight_decay * b) for (_, b), (dw, db) in zip(params, gradients, strict=True)]
    return float(loss), decayed
