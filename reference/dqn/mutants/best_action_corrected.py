# canary: torchgrade-reference-7f3c1d
"""your td_gradient corrects the Q-value of the best action: the reward tells something about the
action that was taken, batch['action']
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    best = (batch["observation"] @ weight).argmax(dim=1)
    return solution.td_gradient(weight, target_weight, {**batch, "action": best}, gamma, double)
