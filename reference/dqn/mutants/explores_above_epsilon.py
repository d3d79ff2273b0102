# canary: torchgrade-reference-7f3c1d
"""your epsilon_greedy explores where uniform > epsilon, which is the other way round: then a small
epsilon explores nearly always
"""

import torch

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_greedy",)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    return torch.where(uniform > epsilon, random_action, q.argmax(dim=1))
