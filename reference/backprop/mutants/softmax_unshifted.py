# canary: torchgrade-reference-7f3c1d
"""your softmax takes the exponential of the logits as they are; exp overflows above 709 and
vanishes below -745, so subtract each row's own maximum first, which changes no probability
"""

import numpy as np

from torchgrade import hookimpl

KILLED_BY = ("test_softmax_cross_entropy_of_large_logits",)


@hookimpl
def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    exponentials = np.exp(logits)
    totals = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(totals[:, 0]) - logits[rows, labels])
    dlogits = exponentials / totals
    dlogits[rows, labels] -= 1.0
    return float(loss), dlogits / len(labels)
