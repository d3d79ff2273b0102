# canary: torchgrade-reference-7f3c1d
"""your buffer forgets everything once it is full: only the oldest transition makes room"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_overflows",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def add(self, *transition):
        if self.added == self.capacity:
            self.added = 0
        super().add(*transition)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
