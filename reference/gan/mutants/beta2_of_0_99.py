# canary: torchgrade-reference-7f3c1d
"""your optimisers have a beta2 of 0.99; here it is 0.999"""

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
        self.generator.beta2 = self.discriminator.beta2 = 0.99


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
