# canary: torchgrade-reference-7f3c1d
"""your td_targets take the last of several best actions by next_q_online; the contract asks for the
first
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_double_targets",)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    if not double:
        return solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=False)
    online, target = next_q_online.flip(1), next_q_target.flip(1)
    return solution.targets_of(reward, terminated, online, target, gamma, double=True)
