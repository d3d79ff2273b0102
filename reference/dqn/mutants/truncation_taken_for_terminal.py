# canary: torchgrade-reference-7f3c1d
"""your agent takes truncation for an end: the time limit broke the episode off, but the next
observation has a value as ever; only terminated ends it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_truncation",)


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        super().observe(observation, action, reward, next_observation, terminated or truncated, truncated)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
