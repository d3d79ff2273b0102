# canary: torchgrade-reference-7f3c1d
"""your `load` restores the generator and leaves the discriminator as it was"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def load(self, state):
        super().load({**state, "discriminator": self.discriminator.state()})


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
