# canary: torchgrade-reference-7f3c1d
"""your epsilon_greedy decides once for the whole batch: each row has a number of its own in uniform"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_greedy",)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    return random_action if uniform[0] < epsilon else q.argmax(dim=1)
