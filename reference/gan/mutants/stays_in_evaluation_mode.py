# canary: torchgrade-reference-7f3c1d
"""after `sample` your generator stays in evaluation mode: the next step normalises by running statistics
instead of by the batch
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_sample",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    stays = False

    def sample(self, noise):
        self.stays = True
        return super().sample(noise)

    def make(self, noise, *, training):
        return super().make(noise, training=training and not self.stays)


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
