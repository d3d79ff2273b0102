# canary: torchgrade-reference-7f3c1d
"""your agent's Q-values stay as they were made: is there an optimiser step, over the network that
answers?
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_constant_reward", "test_a_reward_that_is_seen", "test_a_delayed_reward")


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def update(self, batch):
        pass


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
