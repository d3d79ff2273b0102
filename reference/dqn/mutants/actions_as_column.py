# canary: torchgrade-reference-7f3c1d
"""your buffer returns shape (B, 1) for action, reward and terminated: they are (B,)"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_fills",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def taken(self, places):
        return {
            key: part.unsqueeze(1) if part.ndim == 1 else part for key, part in super().taken(places).items()
        }


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
