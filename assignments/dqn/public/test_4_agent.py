"""Agents in processes whose Q-values are known."""

import numpy as np
import torch

from torchgrade.testing import check
from torchgrade.testing.environments import practise

TOLD, ACTED = 600, 1_000


def told(student, process, gamma, seed):
    """Return an agent that was told what somebody did who tries everything."""
    agent = student.dqn_agent(process.observation_size, process.num_actions, gamma, TOLD, seed)
    transitions = list(process.wander(TOLD))
    for begin in range(0, TOLD, 100):
        agent.in_turn(*(("observe", *transition) for transition in transitions[begin : begin + 100]))
    return agent


def examine(agent, process, gamma, allowed):
    """Fail unless the Q-values are right."""
    right = process.q_values(gamma)
    got = agent.q_values(torch.from_numpy(process.observations))
    fits = isinstance(got, torch.Tensor) and got.shape == right.shape and got.dtype is torch.float32
    check(fits, f"q_values must return a float32 tensor of shape {right.shape} here")
    error = float(np.abs(got.numpy() - right).max())
    shown = f"q_values are {np.round(got.double().numpy(), 2).tolist()}; right: {np.round(right, 2).tolist()}"
    check(error <= allowed, f"{shown}; needed: to within {allowed:g}")


def test_a_constant_reward(student, cases):
    """dqn_agent, told: always the same reward, and the end"""
    (process,) = cases.constant()
    examine(told(student, process, 0.6, 1), process, 0.6, 0.3)


def test_a_delayed_reward(student, cases):
    """dqn_agent, told: the reward comes two steps later"""
    (process,) = cases.delayed()
    examine(told(student, process, 0.6, 2), process, 0.6, 0.3)


def test_a_reward_that_is_chosen(student, cases):
    """dqn_agent, told: the action decides the reward, and the best one is taken"""
    (process,) = cases.chosen()
    agent = told(student, process, 0.5, 3)
    examine(agent, process, 0.5, 0.3)
    taken = agent.act(process.observations[0], False)
    check(
        taken == int(process.rewards[0].argmax()),
        f"without exploring, `act` takes action {taken}, not the best",
    )


def test_truncation(student, cases):
    """dqn_agent, told: nothing ever ends, and episodes are truncated after one step"""
    (process,) = cases.truncated()
    examine(told(student, process, 0.5, 4), process, 0.5, 0.3)


def test_a_new_agent_tries_everything(student, draw):
    """dqn_agent: a new agent explores, unless it is asked not to"""
    agent = student.dqn_agent(3, 3, 0.5, 1_000, 5)
    observation = draw.normal(3).astype(np.float32)
    tried = agent.in_turn(*[("act", observation, True)] * 300)
    counts = [sum(action == wanted for action in tried) for wanted in range(3)]
    check(
        min(counts) >= 25,
        f"of 300 times, the three actions were taken {counts} times; at least 25 of each are needed",
    )
    values = agent.q_values(torch.from_numpy(observation[None]))
    greedy = agent.in_turn(*[("act", observation, False)] * 20)
    wanted = int(values.argmax())
    check(all(action == wanted for action in greedy), "with explore=False, `act` does not go by `q_values`")


def test_acting(student, cases):
    """dqn_agent, acting: a small reward near by, a large one further away"""
    (process,) = cases.crossroads()
    agent = student.dqn_agent(process.observation_size, process.num_actions, 0.7, ACTED, 6)
    for _ in practise(agent, process, ACTED):
        pass
    examine(agent, process, 0.7, 0.5)
