# canary: torchgrade-reference-7f3c1d
"""your `load` forgets m and v: after it the optimisers begin anew"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def load(self, state):
        super().load(state)
        for network in (self.generator, self.discriminator):
            for each in (*network.m, *network.v):
                each.zero_()


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
