# canary: torchgrade-reference-7f3c1d
"""your td_targets are 0 where the episode has terminated: only the value after it is gone, the last
reward counts
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    targets = solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=double)
    return torch.where(terminated, 0.0, targets)
