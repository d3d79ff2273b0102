# canary: torchgrade-reference-7f3c1d
"""your loss takes exponentials of similarities as they are; at low temperatures they overflow, and infinity
times 0 is no number: subtract the largest logit of each row first, as `logsumexp` does, and leave the row
itself out by a logit of minus infinity
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_loss_at_extreme_temperatures",)


@hookimpl
def nt_xent(z1, z2, temperature):
    unit = solution.unit_rows(torch.cat((z1, z2)))
    exponentials = torch.exp(unit @ unit.mT / temperature)
    exponentials = exponentials * (1.0 - torch.eye(len(unit), dtype=z1.dtype))
    positive = exponentials[torch.arange(len(unit)), solution.positives(len(z1))]
    return -(positive / exponentials.sum(dim=1)).log().mean()
