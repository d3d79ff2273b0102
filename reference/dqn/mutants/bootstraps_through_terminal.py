# canary: torchgrade-reference-7f3c1d
"""your td_targets add gamma times a value where the episode has terminated: nothing comes after an
end, its target is the reward
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_targets", "test_double_targets")


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    never = torch.zeros_like(terminated)
    return solution.targets_of(reward, never, next_q_online, next_q_target, gamma, double=double)
