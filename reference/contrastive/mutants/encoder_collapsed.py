# canary: torchgrade-reference-7f3c1d
"""your encoder has collapsed: nearly all images have nearly the same features, or features along one
line; a loss that only draws views together is smallest when everything is one point, and what keeps
images apart are the negatives in the denominator (or a view that was normalised away, or a learning rate
that is too large)
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_encoder_with_one_label",
    "test_encoder_with_five_labels",
)


def attraction(first, second, temperature):
    return -(solution.unit_rows(first) * solution.unit_rows(second)).sum(dim=1).mean() / temperature


@hookimpl
def encoder(seed):
    return solution.Encoder(seed, loss=attraction)
