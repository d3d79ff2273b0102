# canary: torchgrade-reference-7f3c1d
"""your `batch_norm2d` normalises by the statistics of the batch in evaluation too; there it takes
`running_mean` and `running_var`, so that an image's result does not depend on its neighbours
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_batch_norm2d_evaluation", "test_convnet_one_by_one")


@hookimpl
def batch_norm2d(x, gamma, beta, running_mean, running_var, training, momentum, eps):
    _, new_mean, new_var = solution.batch_norm2d(
        x, gamma, beta, running_mean, running_var, training, momentum, eps
    )
    out = solution.normalise(x, x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3)), gamma, beta, eps)
    return out, new_mean, new_var


@hookimpl
def convnet(seed):
    return solution.Classifier(seed, batch_norm2d)
