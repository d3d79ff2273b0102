# canary: torchgrade-reference-7f3c1d
"""your extend() keeps the first rows of a batch that is too large: it is add() for one row after the
other, so the last ones remain
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_extends",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def extend(self, batch):
        super().extend({key: part[: self.capacity] for key, part in batch.items()})


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
