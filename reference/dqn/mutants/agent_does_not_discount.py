# canary: torchgrade-reference-7f3c1d
"""your agent does not discount: a reward that comes a step later counts gamma times"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_delayed_reward",)


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        super().__init__(observation_size, num_actions, min(1.0, gamma * 1000), total_steps, seed)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
