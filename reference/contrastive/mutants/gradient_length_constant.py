# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` takes the lengths for constants; a longer row changes no cosine, so its
gradient has no part along the row: subtract that
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


def back(dunit, unit, lengths):
    return dunit / lengths


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return solution.gradients_of(z1, z2, temperature, back=back)
