# canary: torchgrade-reference-7f3c1d
"""your learning rates are 0.0002, as in the paper on DCGAN; the generator's is 0.001, the discriminator's
0.002
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def __init__(self, *given):
        super().__init__(*given)
        self.generator.rate = self.discriminator.rate = 2e-4


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
