# canary: torchgrade-reference-7f3c1d
"""your epsilon_greedy explores where uniform equals epsilon: with epsilon = 0 and uniform = 0 it
explores too; the comparison is strict
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_greedy",)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    return torch.where(uniform <= epsilon, random_action, q.argmax(dim=1))
