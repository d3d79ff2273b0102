# canary: torchgrade-reference-7f3c1d
"""your extend() counts a whole batch as one transition"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_extends",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def extend(self, batch):
        before = self.added
        super().extend(batch)
        self.added = before + 1


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
