# canary: torchgrade-reference-7f3c1d
"""your extend() loses the rows of a batch that go beyond the last place: they belong into the first
places
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_extends",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def extend(self, batch):
        room = self.capacity - self.added % self.capacity
        super().extend({key: part[:room] for key, part in batch.items()})


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
