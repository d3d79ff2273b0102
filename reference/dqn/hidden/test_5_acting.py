# canary: torchgrade-reference-7f3c1d
"""Agents that act for themselves, in environments that never leave the grader."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.testing import check, points
from torchgrade.testing.environments import action_of

ERROR = 0.5
RETURN = 100
CALLS, FEWEST = 300, 25


@points(2)
def test_exploring(student, draw):
    """dqn_agent: a new agent tries everything, unless it is asked not to; its seed decides what"""
    seed = int(draw.integers(0, 2**31))
    observation = draw.normal(3).astype(np.float32)
    asked = torch.from_numpy(observation[None])
    agent, twin = (student.dqn_agent(3, 3, 0.5, 1_000, seed) for _ in range(2))
    tried = asked_often(agent, observation, CALLS, explore=True)
    check(
        all(tried.count(action) >= FEWEST for action in range(3)),
        f"a new agent with 3 actions, asked to explore {CALLS} times, takes one of them fewer than"
        f" {FEWEST} times",
    )
    before = values_of(agent.q_values(asked))
    greedy = asked_often(agent, observation, 50, explore=False)
    check(
        set(greedy) == {int(before.argmax())},
        "with explore=False, `act` does not always take the action with the largest of the `q_values`",
    )
    after = values_of(agent.q_values(asked))
    check(torch.equal(after, before), "`act` with explore=False changes the `q_values`")
    again = asked_often(twin, observation, CALLS, explore=True)
    check(tried == again, "two new agents with the same seed explore differently")


@points(4)
def test_a_corridor(learns, cases):
    """dqn_agent, acting: a reward at the end of a corridor"""
    learns("dqn_agent", cases.corridor(), what="the largest error of a Q-value", at_most=ERROR)


@points(4)
def test_a_treadmill(learns, cases):
    """dqn_agent, acting: a process without an end, in truncated episodes"""
    learns("dqn_agent", cases.treadmill(), what="the largest error of a Q-value", at_most=ERROR)


@points(4)
def test_cart_pole(learns, cases):
    """dqn_agent, acting: CartPole"""
    learns("dqn_agent", cases.cart_pole(), what="the best mean return of an examination", at_least=RETURN)


def asked_often(agent: Any, observation: Any, calls: int, *, explore: bool) -> list[int]:
    """Return what an agent with three actions does when it is asked so often, in one round trip."""
    answers = agent.in_turn(*[("act", observation, explore)] * calls)
    return [action_of(answer, 3) for answer in answers]


def values_of(got: object) -> torch.Tensor:
    """Return the Q-values of one observation and three actions, if these they are."""
    fits = isinstance(got, torch.Tensor) and tuple(got.shape) == (1, 3) and got.dtype is torch.float32
    check(fits, "`q_values` must return a float32 tensor of shape (1, 3) here")
    assert isinstance(got, torch.Tensor)
    return got
