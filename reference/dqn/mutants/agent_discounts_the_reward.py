# canary: torchgrade-reference-7f3c1d
"""your agent discounts the reward as well: gamma belongs to what comes after it alone"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_delayed_reward", "test_truncation")


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def observe(self, observation, action, reward, *rest):
        super().observe(observation, action, self.gamma * reward, *rest)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
