# canary: torchgrade-reference-7f3c1d
"""your running statistics never move: `sample` then normalises by zeros and ones"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_generator_step",)


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def __init__(self, *given):
        super().__init__(*given)
        self.momentum = 0.0


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
