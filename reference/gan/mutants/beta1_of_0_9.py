# canary: torchgrade-reference-7f3c1d
"""your optimisers have Adam's usual beta1 of 0.9; here it is 0.5"""

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
        self.generator.beta1 = self.discriminator.beta1 = 0.9


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
