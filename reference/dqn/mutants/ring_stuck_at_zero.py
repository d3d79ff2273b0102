# canary: torchgrade-reference-7f3c1d
"""your buffer, once full, puts every new transition into the place of the first: the place moves on by
one each time and begins again at the end
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_overflows",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def add(self, *transition):
        super().add(*transition)
        self.added = min(self.added, self.capacity)

    def contents(self):
        return self.taken(torch.arange(self.size()))


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
