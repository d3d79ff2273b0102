# canary: torchgrade-reference-7f3c1d
"""your td_targets use the number of the best action where its value belongs: max(dim=1) returns values
and indices, argmax indices alone
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_targets",)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    if double:
        return solution.targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=True)
    return torch.where(terminated, reward, reward + gamma * next_q_target.argmax(dim=1))
