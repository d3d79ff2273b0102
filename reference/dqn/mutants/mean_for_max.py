# canary: torchgrade-reference-7f3c1d
"""your td_targets average over the next actions: the value of an observation is that of its best
action
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_targets",)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    if double:
        return solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=True)
    return torch.where(terminated, reward, reward + gamma * next_q_target.mean(dim=1))
