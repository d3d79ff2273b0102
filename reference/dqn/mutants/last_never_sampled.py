# canary: torchgrade-reference-7f3c1d
"""your sample() cannot draw the last transition: the upper end of randint and range is not included,
so it is size() itself
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_certain_samples",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def places(self, batch_size):
        return torch.randint(self.size() - 1, (batch_size,), generator=self.generator)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
