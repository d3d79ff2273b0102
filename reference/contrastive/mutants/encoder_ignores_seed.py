# canary: torchgrade-reference-7f3c1d
"""your encoder draws from a generator that others use too, or that no seed was given to: initial weights,
order and views all come from `seed`
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_encoder_repeats",)


class Drifting(solution.Encoder):
    """An encoder that goes on where the last one has stopped drawing."""

    GENERATOR = torch.Generator().manual_seed(0)

    def fit(self, images):
        self.generator = self.GENERATOR
        super().fit(images)


@hookimpl
def encoder(seed):
    return Drifting(seed)
