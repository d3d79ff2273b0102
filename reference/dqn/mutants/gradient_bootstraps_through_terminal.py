# canary: torchgrade-reference-7f3c1d
"""your td_gradient adds a value after the end: where the episode has terminated the target is the
reward alone
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    never = {**batch, "terminated": torch.zeros_like(batch["terminated"])}
    return solution.td_gradient(weight, target_weight, never, gamma, double)
