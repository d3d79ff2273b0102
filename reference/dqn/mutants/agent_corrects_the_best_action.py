# canary: torchgrade-reference-7f3c1d
"""your agent corrects the Q-value of the action that is best, not of the one that was taken"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_reward_that_is_chosen",)


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def chosen(self, batch):
        return self.online(batch["observation"]).max(dim=1).values


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
