# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` forgets that the logits are similarities divided by the temperature; the
gradient is divided by it once more
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    return tuple(temperature * dz for dz in solution.gradients_of(z1, z2, temperature))
