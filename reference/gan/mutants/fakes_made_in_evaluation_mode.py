# canary: torchgrade-reference-7f3c1d
"""your discriminator's step makes its points with the running statistics; every pass of the generator in a
step normalises by its batch
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_discriminator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def forge(self, noise):
        return self.sample(noise)


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
