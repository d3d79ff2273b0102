# canary: torchgrade-reference-7f3c1d
"""your `load` keeps the tensors of the state that it was given, and later steps write into them: copy them"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_state",
    "test_discriminator_step",
)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def load(self, state):
        super().load(state)
        self.statistics = state["statistics"]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
