# canary: torchgrade-reference-7f3c1d
"""your loss adds a small number inside the logarithm to avoid log(0); that caps the loss of an
improbable class at about 28 where it should be in the thousands, so stay in logarithms: log of
the sum of exponentials minus the true logit
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_softmax_cross_entropy_of_large_logits",)


@hookimpl
def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(probabilities[rows, labels] + 1e-12))
    _, dlogits = solution.softmax_cross_entropy(logits, labels)
    return float(loss), dlogits
