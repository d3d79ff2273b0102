# canary: torchgrade-reference-7f3c1d
"""your buffer holds one transition less than its capacity"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_fills",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def __init__(self, capacity, observation_size, seed):
        super().__init__(capacity, observation_size, seed)
        self.capacity = max(capacity - 1, 1)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
