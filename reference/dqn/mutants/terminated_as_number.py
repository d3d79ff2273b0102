# canary: torchgrade-reference-7f3c1d
"""your buffer returns terminated as numbers; the contract has bool"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_fills",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def taken(self, places):
        batch = super().taken(places)
        return {**batch, "terminated": batch["terminated"].float()}


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
