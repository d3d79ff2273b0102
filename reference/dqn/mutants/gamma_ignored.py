# canary: torchgrade-reference-7f3c1d
"""your td_targets do not discount: the value of the next observation counts gamma times"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    return solution.targets_of(reward, terminated, next_q_online, next_q_target, 1.0, double=double)
