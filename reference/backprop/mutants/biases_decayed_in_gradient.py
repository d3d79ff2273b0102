# canary: torchgrade-reference-7f3c1d
"""your gradient decays the biases, though your loss does not; the contract decays weight matrices
alone, so `db` gets no lambda b
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_mlp_weight_decay",)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    loss, gradients = solution.mlp_step(params, x, labels, weight_decay)
    decayed = [(dw, db + weight_decay * b) for (_, b), (dw, db) in zip(params, gradients, strict=True)]
    return loss, decayed
