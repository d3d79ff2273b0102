# canary: torchgrade-reference-7f3c1d
"""your contents() begin with the newest transition; the oldest comes first"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_fills",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def contents(self):
        return {key: part.flip(0) for key, part in super().contents().items()}


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
