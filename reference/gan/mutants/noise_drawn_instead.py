# canary: torchgrade-reference-7f3c1d
"""your steps draw noise of their own, uniform in [0, 1], and leave the argument alone: the points are made
of the noise that is given
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def make(self, noise, *, training):
        if training:
            draw = torch.Generator().manual_seed(len(noise))
            noise = torch.rand(noise.shape, dtype=noise.dtype, generator=draw)
        return super().make(noise, training=training)


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
