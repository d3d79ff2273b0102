# canary: torchgrade-reference-7f3c1d
"""your buffer grows beyond its capacity: the oldest transitions make room"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_overflows",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def __init__(self, capacity, observation_size, seed):
        super().__init__(capacity, observation_size, seed)
        self.parts = {key: part.repeat(4, *[1] * (part.ndim - 1)) for key, part in self.parts.items()}
        self.capacity = 4 * capacity


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
