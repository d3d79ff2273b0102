# canary: torchgrade-reference-7f3c1d
"""your running variance takes in the variance that is divided by N; the batch is normalised by that one,
and the running one takes in what is divided by N - 1
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def normed(self, h, mean, var, gamma, beta, *, training):
        before = var.clone()
        out = super().normed(h, mean, var, gamma, beta, training=training)
        if training:
            var.copy_(0.9 * before + 0.1 * h.detach().var(dim=0, correction=0))
        return out


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
