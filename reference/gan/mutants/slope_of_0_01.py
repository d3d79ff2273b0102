# canary: torchgrade-reference-7f3c1d
"""your leaky ReLU has the slope 0.01, torch's default; the contract's is 0.2"""

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
        self.slope = 0.01


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
