# canary: torchgrade-reference-7f3c1d
"""your epsilon_greedy takes the last of several best actions; the contract asks for the first"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_greedy",)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    last = q.shape[1] - 1 - q.flip(1).argmax(dim=1)
    return torch.where(uniform < epsilon, random_action, last)
