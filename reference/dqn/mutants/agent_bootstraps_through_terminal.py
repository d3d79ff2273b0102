# canary: torchgrade-reference-7f3c1d
"""your agent's Q-values go on after the end of an episode: where terminated, the target is the reward
alone
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_constant_reward", "test_a_reward_that_is_seen")


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        super().observe(observation, action, reward, next_observation, False, truncated)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
