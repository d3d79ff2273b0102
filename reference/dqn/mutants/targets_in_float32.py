# canary: torchgrade-reference-7f3c1d
"""your td_targets are float32 for float64 rewards: terminated.float() is float32, and torch.tensor of
Python numbers too; answer in the dtype of reward
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    targets = solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=double)
    return targets.float()
