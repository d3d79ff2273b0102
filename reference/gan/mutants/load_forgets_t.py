# canary: torchgrade-reference-7f3c1d
"""your `load` forgets t: bias correction begins anew"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def load(self, state):
        super().load(state)
        self.generator.t = self.discriminator.t = 0


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
