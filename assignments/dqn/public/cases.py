"""Inputs of the public tests, drawn anew each time you check."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from torchgrade.testing import Case, Draw
from torchgrade.testing.environments import END, Tabular
from torchgrade.wire.values import Array


def tensor(array: Any) -> torch.Tensor:
    """Return a float64 tensor."""
    return torch.from_numpy(np.asarray(array, dtype=np.float64))


def targets(draw: Draw) -> list[Case]:
    """Arguments of ``td_targets``, plain and double."""
    rows, actions = draw.sizes(2, 3, 7)
    return [
        Case(
            "double" if double else "plain",
            reward=tensor(draw.normal(rows)),
            terminated=torch.from_numpy(np.arange(rows) % 2 == 0),
            next_q_online=tensor(draw.normal(rows, actions)),
            next_q_target=tensor(draw.normal(rows, actions)),
            gamma=float(draw.uniform(0.5, 0.9)),
            double=double,
        )
        for double in (False, True)
    ]


def gradients(draw: Draw) -> list[Case]:
    """Arguments of ``td_gradient`` with a target network, and without one after the end of everything."""
    rows, size, actions = draw.sizes(3, 2, 6)
    cases = []
    for category, ended in (("with a target network", False), ("without one, all rows terminated", True)):
        batch = {
            "observation": tensor(draw.normal(rows, size)),
            "action": torch.from_numpy(draw.integers(0, actions, rows)),
            "reward": tensor(draw.normal(rows, scale=2.0)),
            "next_observation": tensor(draw.normal(rows, size)),
            "terminated": torch.from_numpy((np.arange(rows) % 2 == 0) | ended),
        }
        cases.append(
            Case(
                category,
                weight=tensor(draw.normal(size, actions)),
                target_weight=None if ended else tensor(draw.normal(size, actions)),
                batch=batch,
                gamma=0.7,
                double=not ended,
            )
        )
    return cases


def states(draw: Draw, count: int) -> Array:
    """Return observations of four entries that lie well apart."""
    signs = np.array([[1, 1, 1, 1], [-1, 1, -1, 1], [1, -1, -1, -1]])[:count]
    found = draw.uniform(0.6, 1.4, count, 4) * signs
    return found.astype(np.float32)


def process(draw: Draw, successors: Any, rewards: Any, starts: Any, time_limit: int = 0) -> Tabular:
    """Return a decision process with these tables."""
    return Tabular(
        observations=states(draw, len(rewards)),
        successors=np.asarray(successors, dtype=np.int64),
        rewards=np.asarray(rewards, dtype=np.float64),
        starts=starts,
        time_limit=time_limit,
        draw=draw,
    )


def constant(draw: Draw) -> list[Tabular]:
    """One observation, one action, one reward, and the end."""
    return [process(draw, [[END]], [[float(draw.uniform(3.0, 6.0))]], (0,))]


def delayed(draw: Draw) -> list[Tabular]:
    """The reward comes two steps later."""
    return [process(draw, [[1], [2], [END]], [[0.0], [0.0], [float(draw.uniform(5.0, 8.0))]], (0,))]


def chosen(draw: Draw) -> list[Tabular]:
    """The action decides the reward."""
    return [process(draw, [[END] * 3], [draw.generator.permutation([5.0, -5.0, 1.0])], (0,))]


def truncated(draw: Draw) -> list[Tabular]:
    """Nothing ever ends; episodes are truncated after one step."""
    return [process(draw, [[1], [1]], [[0.0], [float(draw.uniform(4.0, 6.0))]], (0, 1), time_limit=1)]


def crossroads(draw: Draw) -> list[Tabular]:
    """To act in: the small reward is near, the large one a step further."""
    return [
        process(
            draw, [[1, END], [2, END], [END, 0]], [[0.0, 2.0], [0.0, -1.0], [8.0, 0.0]], (0,), time_limit=8
        )
    ]
