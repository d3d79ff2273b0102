# canary: torchgrade-reference-7f3c1d
"""your loss is the logarithm of a probability that was computed first; the probability of a class
far below the largest logit underflows to 0 and its logarithm is infinite, so stay in
logarithms: log of the sum of exponentials minus the true logit
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
    loss = -np.mean(np.log(probabilities[rows, labels]))
    _, dlogits = solution.softmax_cross_entropy(logits, labels)
    return float(loss), dlogits
