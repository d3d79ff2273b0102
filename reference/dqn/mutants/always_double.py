# canary: torchgrade-reference-7f3c1d
"""your td_targets let the online network choose although double is False: there it is the largest
value of the target network
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_targets",)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    return solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=True)
