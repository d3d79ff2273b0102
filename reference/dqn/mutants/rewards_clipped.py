# canary: torchgrade-reference-7f3c1d
"""your agent clips rewards to -1 and 1, as was done for Atari games: then its Q-values are those of
another task
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_constant_reward", "test_a_reward_that_is_seen")


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def observe(self, observation, action, reward, *rest):
        super().observe(observation, action, max(-1.0, min(1.0, reward)), *rest)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
