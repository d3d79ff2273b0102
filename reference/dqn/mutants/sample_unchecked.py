# canary: torchgrade-reference-7f3c1d
"""your buffer accepts what cannot be: a capacity of 0, a batch of 0, or one of more transitions than
there are; the contract wants a ValueError
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_errors",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def __init__(self, capacity, observation_size, seed):
        super().__init__(max(capacity, 1), observation_size, seed)

    def sample(self, batch_size):
        return self.taken(self.places(batch_size) if self.size() else torch.zeros(0, dtype=torch.int64))


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
