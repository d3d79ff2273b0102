"""What this assignment allows in time and memory.

Limits are ratios to the reference's figure, measured in the same run on the same core: up to
``full_marks`` a budget earns all its points, from ``zero_marks`` on none. Between them points fall
linearly in the logarithm of the ratio. Inputs are new for every measured call, and every answer is
verified: so all transitions of a buffer are the same here, and of each sample it is known what it holds.
"""

from __future__ import annotations

import numpy as np
import torch

from torchgrade.budget import Budget, BudgetDraw
from torchgrade.testing import Case, Tolerance

FILLED, SAMPLES, ROWS, FEATURES = 100_000, 200, 256, 8
OBSERVES = 300
HELD, WIDE = 20_000, 32


def alike(draw: BudgetDraw, count: int, size: int) -> dict[str, torch.Tensor]:
    """A batch of the same transition again and again."""
    observation, following = (
        torch.from_numpy(draw.normal(1, size)).float().expand(count, -1).contiguous() for _ in range(2)
    )
    return {
        "observation": observation,
        "action": torch.full((count,), int(draw.integers(0, 9))),
        "reward": torch.full((count,), float(draw.uniform(0.0, 1.0))),
        "next_observation": following,
        "terminated": torch.full((count,), bool(draw.integers(0, 2))),
    }


def samples(draw: BudgetDraw) -> Case:
    """A full buffer, and many samples of it."""
    case = Case("samples", capacity=FILLED, observation_size=FEATURES, seed=int(draw.integers(0, 2**31)))
    case.then("extend", alike(draw, FILLED, FEATURES))
    for _ in range(SAMPLES):
        case.then("sample", ROWS)
    return case


def observed(draw: BudgetDraw) -> Case:
    """An agent that observes one thing, with the only action there is, until it knows its value."""
    case = Case(
        "observed transitions",
        observation_size=4,
        num_actions=1,
        gamma=0.5,
        total_steps=OBSERVES,
        seed=int(draw.integers(0, 2**31)),
    )
    observation, following = (draw.normal(4).astype(np.float32) for _ in range(2))
    reward = float(draw.uniform(2.0, 3.0))
    for _ in range(OBSERVES):
        case.then("observe", observation, 0, reward, following, True, False)
    return case.then("q_values", torch.from_numpy(observation[None]))


def held(draw: BudgetDraw) -> Case:
    """A full buffer of wider observations."""
    case = Case("a full buffer", capacity=HELD, observation_size=WIDE, seed=int(draw.integers(0, 2**31)))
    return case.then("extend", alike(draw, HELD, WIDE)).then("size").then("sample", 1)


BUDGETS = (
    Budget(
        name="sample_time",
        title=f"time of one extend with {FILLED:,} transitions and {SAMPLES} samples of {ROWS}",
        call="replay_buffer",
        inputs=samples,
        full_marks=4.0,
        zero_marks=16.0,
        points=7,
        hint="A batch put together row by row is what usually takes the time: keep each part in one"
        " tensor or array, and take all rows by a vector of indices.",
    ),
    Budget(
        name="observe_time",
        title=f"time of {OBSERVES} observes, learning included",
        call="dqn_agent",
        inputs=observed,
        full_marks=3.0,
        zero_marks=12.0,
        points=7,
        tolerance=Tolerance(relative=0.0, absolute=0.3),
        hint="The network takes a whole batch at once: look for loops over its rows, or for work on the whole"
        " buffer in each step.",
    ),
    Budget(
        name="buffer_memory",
        title=f"memory of a buffer of {HELD:,} transitions with observations of {WIDE} entries",
        call="replay_buffer",
        inputs=held,
        measures="memory",
        full_marks=3.0,
        zero_marks=9.0,
        points=6,
        hint="A Python object takes many times the memory of the number in it, and each small array or tensor"
        " some hundred bytes beside its numbers: keep many in one.",
    ),
)
