# canary: torchgrade-reference-7f3c1d
"""your buffer takes nothing more once it is full: the oldest transition makes room for the new one"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_overflows",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def add(self, *transition):
        if self.added < self.capacity:
            super().add(*transition)

    def extend(self, batch):
        room = self.capacity - self.added
        super().extend({key: part[:room] for key, part in batch.items()})


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
