# canary: torchgrade-reference-7f3c1d
"""your softmax subtracts one maximum, that of the whole array; a row far below it then has nothing
but zeros for exponentials, so subtract each row's own maximum (`axis=1, keepdims=True`)
"""

import numpy as np

from torchgrade import hookimpl

KILLED_BY = ("test_softmax_cross_entropy_of_large_logits",)


@hookimpl
def softmax_cross_entropy(logits, labels):
    rows = np.arange(len(labels))
    shifted = logits - logits.max()
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(totals[:, 0]) - shifted[rows, labels])
    dlogits = exponentials / totals
    dlogits[rows, labels] -= 1.0
    return float(loss), dlogits / len(labels)
