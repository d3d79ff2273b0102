# canary: torchgrade-reference-7f3c1d
"""your epsilon_greedy always takes the best action: rows with uniform < epsilon take theirs from
random_action
"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_greedy",)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    return q.argmax(dim=1)
