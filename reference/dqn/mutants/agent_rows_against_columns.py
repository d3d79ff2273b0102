# canary: torchgrade-reference-7f3c1d
"""your agent's loss compares shapes (B, 1) and (B,), which torch broadcasts to (B, B): so every
Q-value is drawn towards the mean of all targets; squeeze what gather returns
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_reward_that_is_seen", "test_a_reward_that_is_chosen")


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def chosen(self, batch):
        return super().chosen(batch).unsqueeze(1).expand(-1, self.batch_size)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
