# canary: torchgrade-reference-7f3c1d
"""How often to explore, and what to do then."""

from torchgrade.testing import points


@points(3)
def test_epsilon(agree, cases):
    """epsilon: a straight line, and what comes after it"""
    agree("epsilon", cases.schedules())


@points(1)
def test_epsilon_errors(agree, cases):
    """epsilon: numbers of steps that make no sense raise ValueError"""
    agree("epsilon", cases.bad_schedules())


@points(4)
def test_epsilon_greedy(agree, cases):
    """epsilon_greedy: the best action, or a given one"""
    agree("epsilon_greedy", cases.choices())
