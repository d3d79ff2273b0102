# canary: torchgrade-reference-7f3c1d
"""your agent learns rewards, but not what comes two steps later: is the value of the next observation
in the target at all, and is the online network copied into the target network every now and then?
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_a_delayed_reward",)


class Mutant(solution.Agent):
    """The solution with one mistake."""

    def sync(self):
        pass


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Mutant(observation_size, num_actions, gamma, total_steps, seed)
