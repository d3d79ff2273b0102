# canary: torchgrade-reference-7f3c1d
"""your agent takes the observation of the following call for the next one: after an end that is where
a new episode begins; next_observation is what followed
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_truncation",)


class Mutant(solution.Agent):
    """The solution with one mistake."""

    waiting = None

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        if self.waiting is not None:
            before, taken, got, ended = self.waiting
            super().observe(before, taken, got, observation, ended, False)
        self.waiting = observation, action, reward, terminated


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
