# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` returns something other than zero for a zero row: an enormous gradient, if the
row was divided by a tiny number in the place of its length; its gradient is defined to be zero
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient_of_zero_rows",)


def through_clamped(dunit, unit, lengths):
    zero = (unit == 0.0).all(dim=1, keepdim=True)
    tangential = (dunit - (dunit * unit).sum(dim=1, keepdim=True) * unit) / lengths
    return tangential.where(~zero, dunit / 1e-8)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return solution.gradients_of(z1, z2, temperature, back=through_clamped)
