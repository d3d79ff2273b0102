# canary: torchgrade-reference-7f3c1d
"""your td_targets have the two networks of double Q-learning exchanged: the online one chooses the
action, the target one values it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_double_targets",)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    if double:
        next_q_online, next_q_target = next_q_target, next_q_online
    return solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=double)
