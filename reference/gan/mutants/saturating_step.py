# canary: torchgrade-reference-7f3c1d
"""your step of the generator goes down the loss that saturates, mean(log(1 - sigmoid(logits)))"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = ("test_generator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def generator_objective(self, fake_logits):
        return -functional.softplus(fake_logits).mean()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
