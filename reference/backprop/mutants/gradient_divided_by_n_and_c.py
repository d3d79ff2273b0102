# canary: torchgrade-reference-7f3c1d
"""your softmax gradient is divided by N times C, as if by a mean over all entries; the loss has
one term a row, so the gradient is divided by the number of rows N alone
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_softmax_cross_entropy",
    "test_softmax_cross_entropy_of_large_logits",
    "test_mlp_of_two_layers",
    "test_mlp_of_any_depth",
    "test_mlp_weight_decay",
)


@hookimpl
def softmax_cross_entropy(logits, labels):
    loss, dlogits = solution.softmax_cross_entropy(logits, labels)
    return loss, dlogits / logits.shape[1]


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    return solution.mlp_step(params, x, labels, weight_decay, cross_entropy=softmax_cross_entropy)
