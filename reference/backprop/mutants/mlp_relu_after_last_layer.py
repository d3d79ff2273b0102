# canary: torchgrade-reference-7f3c1d
"""your network has a ReLU after its last layer too; logits may be negative, so ReLU stands between
affine layers only
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_mlp_of_two_layers", "test_mlp_of_any_depth", "test_mlp_weight_decay")


def rectified_cross_entropy(logits, labels):
    loss, dlogits = solution.softmax_cross_entropy(np.maximum(logits, 0.0), labels)
    return loss, np.where(logits > 0.0, dlogits, 0.0)


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    return solution.mlp_step(params, x, labels, weight_decay, cross_entropy=rectified_cross_entropy)
