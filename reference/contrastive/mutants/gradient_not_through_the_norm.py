# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` returns the gradient of the normalised rows; one step is missing, through the
division by the length: what points along the row itself falls away, and the rest is divided by the length
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


def back(dunit, unit, lengths):
    return dunit


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return solution.gradients_of(z1, z2, temperature, back=back)
