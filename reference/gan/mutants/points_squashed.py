# canary: torchgrade-reference-7f3c1d
"""your generator ends in a tanh; its last layer is affine, and points may lie anywhere"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_sample",
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def make(self, noise, *, training):
        return super().make(noise, training=training).tanh()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
