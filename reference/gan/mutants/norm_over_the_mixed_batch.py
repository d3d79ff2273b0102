# canary: torchgrade-reference-7f3c1d
"""your discriminator sees real and generated points in one batch and normalises over both; each kind
passes alone, with its own mean and variance
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def judge_both(self, real, fake):
        logits = self.judge(torch.cat([real, fake]))
        return logits[: len(real)], logits[len(real) :]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
