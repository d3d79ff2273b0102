# canary: torchgrade-reference-7f3c1d
"""your epsilon_greedy takes the action with the smallest Q-value; the largest is the best"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_greedy",)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    return torch.where(uniform < epsilon, random_action, q.argmin(dim=1))
