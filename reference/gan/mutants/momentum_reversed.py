# canary: torchgrade-reference-7f3c1d
"""your running statistics keep a tenth of the old and take nine tenths of the new; it is the other way
round
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
        self.momentum = 0.9


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
