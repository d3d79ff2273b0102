# canary: torchgrade-reference-7f3c1d
"""Agents that are told what somebody else did, in processes whose Q-values are known exactly."""

from torchgrade.testing import Tolerance, points

CLOSE = Tolerance(relative=0.0, absolute=0.3)


@points(2)
def test_a_constant_reward(agree, cases):
    """dqn_agent, told: one state, one action, one reward, and the end"""
    agree("dqn_agent", cases.constant(), CLOSE)


@points(2)
def test_a_reward_that_is_seen(agree, cases):
    """dqn_agent, told: the observation tells the reward"""
    agree("dqn_agent", cases.seen(), CLOSE)


@points(3)
def test_a_delayed_reward(agree, cases):
    """dqn_agent, told: the reward comes two steps later"""
    agree("dqn_agent", cases.delayed(), CLOSE)


@points(3)
def test_a_reward_that_is_chosen(agree, cases):
    """dqn_agent, told: the action decides the reward"""
    agree("dqn_agent", cases.chosen(), CLOSE)


@points(4)
def test_seen_and_chosen(agree, cases):
    """dqn_agent, told: observation and action decide rewards and what follows"""
    agree("dqn_agent", cases.seen_and_chosen(), CLOSE)


@points(4)
def test_truncation(agree, cases):
    """dqn_agent, told: truncated episodes have not terminated"""
    agree("dqn_agent", cases.truncated(), CLOSE)


@points(1)
def test_two_agents(agree, cases):
    """dqn_agent: two agents side by side"""
    agree("dqn_agent", cases.agents_side_by_side(), CLOSE)
