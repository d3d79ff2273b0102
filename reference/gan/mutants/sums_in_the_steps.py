# canary: torchgrade-reference-7f3c1d
"""your steps go down sums over the batch; losses are means, and `discriminator_loss` and `generator_loss`
are there to be used
"""

import solution
from torch.nn import functional

from torchgrade import hookimpl

KILLED_BY = (
    "test_discriminator_step",
    "test_generator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def discriminator_objective(self, real_logits, fake_logits):
        return functional.softplus(-real_logits).sum() + functional.softplus(fake_logits).sum()

    def generator_objective(self, fake_logits):
        return functional.softplus(-fake_logits).sum()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
