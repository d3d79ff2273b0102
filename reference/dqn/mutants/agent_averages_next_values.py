# canary: torchgrade-reference-7f3c1d
"""your agent values the next observation by the mean of its Q-values: it is the largest that counts,
for the best action will be taken there
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_seen_and_chosen",)


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def wanted(self, batch):
        with torch.no_grad():
            value = self.target(batch["next_observation"]).mean(dim=1)
        return batch["reward"] + self.gamma * ~batch["terminated"] * value


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
