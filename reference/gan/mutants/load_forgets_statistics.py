# canary: torchgrade-reference-7f3c1d
"""your `load` forgets the running statistics"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_state",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def load(self, state):
        kept = self.statistics
        super().load({**state, "statistics": kept})


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
