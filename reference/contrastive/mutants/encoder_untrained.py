# canary: torchgrade-reference-7f3c1d
"""your `fit` changes nothing, or nothing that `embed` looks at; an encoder that has not seen images knows
no more about them than their pixels say
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_encoder_repeats",)


class Untrained(solution.Encoder):
    """An encoder as it was made."""

    def fit(self, images):
        self.network.eval()


@hookimpl
def encoder(seed):
    return Untrained(seed)
