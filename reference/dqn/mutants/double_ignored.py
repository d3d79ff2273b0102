# canary: torchgrade-reference-7f3c1d
"""your td_targets take the target network's own best value although double is True: there the online
network chooses
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_double_targets",)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    return solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=False)
