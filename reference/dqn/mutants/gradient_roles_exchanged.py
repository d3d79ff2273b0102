# canary: torchgrade-reference-7f3c1d
"""your td_gradient has the two networks of double Q-learning exchanged: weight chooses the next
action, target_weight values it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_gradient",)


def exchanged(reward, terminated, online, target, gamma, *, double):
    """Return targets with the roles of the networks exchanged."""
    if double:
        online, target = target, online
    return solution.targets_of(reward, terminated, online, target, gamma, double=double)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    return solution.gradient_of(weight, target_weight, batch, gamma, double=double, targets=exchanged)
