# canary: torchgrade-reference-7f3c1d
"""your encoders share what they learn; it belongs to the object (`self`), not to the class or the module"""

from typing import Any

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_encoder_repeats",)


class Shared(solution.Encoder):
    """Encoders that have one network in common."""

    last: Any = None

    def fit(self, images):
        super().fit(images)
        Shared.last = self.network

    def embed(self, images):
        self.network = Shared.last
        return super().embed(images)


@hookimpl
def encoder(seed):
    return Shared(seed)
