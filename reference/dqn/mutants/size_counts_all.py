# canary: torchgrade-reference-7f3c1d
"""your size() counts every transition that ever came: it is never more than the capacity"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_overflows",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def size(self):
        return self.added

    def contents(self):
        first = max(self.added - self.capacity, 0)
        return self.taken(torch.arange(first, self.added) % self.capacity)

    def places(self, batch_size):
        count = min(self.added, self.capacity)
        return torch.randint(count, (batch_size,), generator=self.generator)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
