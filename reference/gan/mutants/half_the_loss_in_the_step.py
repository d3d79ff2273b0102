# canary: torchgrade-reference-7f3c1d
"""your step of the discriminator goes down half of its loss; Adam hides that until you look at m and v"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def discriminator_objective(self, real_logits, fake_logits):
        return solution.discriminator_objective(real_logits, fake_logits) / 2


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
