# canary: torchgrade-reference-7f3c1d
"""your buffer keeps the observation in the place of the next one: the two arrays are different"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_buffer_fills",)


class Mutant(solution.ReplayBuffer):
    """The solution with one mistake."""

    def add(self, observation, action, reward, next_observation, terminated):
        super().add(observation, action, reward, observation, terminated)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Mutant(capacity, observation_size, seed)
