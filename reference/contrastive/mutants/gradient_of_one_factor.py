# canary: torchgrade-reference-7f3c1d
"""your `nt_xent_backward` lets a similarity pass its gradient to one of its two rows only; row i is in
row i of the matrix of similarities, and in column i too
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def nt_xent_backward(z1, z2, temperature):
    z = torch.cat((z1, z2))
    lengths = solution.norms(z)
    unit = z / lengths
    dlogits = solution.without_self(unit @ unit.mT / temperature).softmax(dim=1)
    dlogits[torch.arange(len(z)), solution.positives(len(z1))] -= 1.0
    dz = solution.through_norm(dlogits @ unit / (temperature * len(z)), unit, lengths)
    return dz[: len(z1)], dz[len(z1) :]
