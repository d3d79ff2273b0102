# canary: torchgrade-reference-7f3c1d
"""your sample() draws from all places, also from those where nothing is yet: draw from size() of them"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_certain_samples",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def places(self, batch_size):
        return torch.randint(self.capacity, (batch_size,), generator=self.generator)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
