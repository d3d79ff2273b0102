# canary: torchgrade-reference-7f3c1d
"""your td_targets discount the reward as well: gamma belongs to what comes after it alone"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    targets = solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=double)
    return targets - (1 - gamma) * reward
