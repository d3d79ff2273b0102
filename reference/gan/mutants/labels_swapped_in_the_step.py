# canary: torchgrade-reference-7f3c1d
"""your step of the discriminator takes real points for generated ones and the reverse"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def discriminator_objective(self, real_logits, fake_logits):
        return solution.discriminator_objective(fake_logits, real_logits)


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
