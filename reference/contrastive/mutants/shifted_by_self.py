# canary: torchgrade-reference-7f3c1d
"""your loss subtracts 1 / temperature, which is each row's similarity to itself, before it takes
exponentials; a row that is far from all others is left with nothing but zeros: subtract the largest of
those that are summed
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_loss_at_extreme_temperatures",)


@hookimpl
def nt_xent(z1, z2, temperature):
    unit = solution.unit_rows(torch.cat((z1, z2)))
    logits = unit @ unit.mT / temperature
    logits = logits - logits.amax(dim=1, keepdim=True)
    total = torch.exp(solution.without_self(logits.clone())).sum(dim=1)
    return (total.log() - logits[torch.arange(len(unit)), solution.positives(len(z1))]).mean()
