# canary: torchgrade-reference-7f3c1d
"""your contents() are in the order of their places: after the ring has closed, the oldest stands
behind the newest
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_overflows",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def contents(self):
        return self.taken(torch.arange(self.size()))


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
