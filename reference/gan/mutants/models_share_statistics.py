# canary: torchgrade-reference-7f3c1d
"""your models share their running statistics: what belongs to one model belongs to `self`, and is made in
`__init__`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_two_models",)


SHARED: dict = {}


class Mutant(solution.Gan):
    """The solution with one mistake."""

    def __init__(self, *given):
        super().__init__(*given)
        if SHARED.get("arguments") != given:
            SHARED.update(arguments=given, statistics=self.statistics)
        self.statistics = SHARED["statistics"]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Mutant(data_dim, latent_dim, seed)
