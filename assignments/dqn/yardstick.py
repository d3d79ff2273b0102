"""A workload of about the same operations as a good solution, with none of its answers.

Where there is no reference to compare with, time and memory are compared with this, and converted by
what ``yardstick.toml`` says. Its numbers mean nothing: it moves rows of tensors about, and takes steps
of gradient descent with networks of the sizes that occur, towards nowhere.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from torchgrade import hookimpl

ROWS, WIDTH, WAIT = 64, 64, 64


class Rows:
    """Tensors that are written and read by rows."""

    def __init__(self, capacity: int, observation_size: int) -> None:
        shapes = {"observation": (observation_size,), "next_observation": (observation_size,)}
        dtypes = {"action": torch.int64, "terminated": torch.bool}
        keys = ("observation", "action", "reward", "next_observation", "terminated")
        self.tensors = {
            key: torch.zeros(capacity, *shapes.get(key, ()), dtype=dtypes.get(key, torch.float32))
            for key in keys
        }
        self.capacity = capacity

    def extend(self, batch: dict[str, torch.Tensor]) -> None:
        """Write rows."""
        rows = torch.arange(len(batch["action"])).remainder_(self.capacity)
        for key, tensor in self.tensors.items():
            tensor[rows] = batch[key]

    def sample(self, batch_size: int) -> dict[str, torch.Tensor]:
        """Read rows."""
        rows = torch.randint(self.capacity, (batch_size,))
        return {key: tensor[rows] for key, tensor in self.tensors.items()}

    def size(self) -> int:
        """Return a number."""
        return self.capacity


class Descent:
    """Two networks, one of which takes a step for each call."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self.networks = [
            nn.Sequential(
                nn.Linear(inputs, WIDTH),
                nn.ReLU(),
                nn.Linear(WIDTH, WIDTH),
                nn.ReLU(),
                nn.Linear(WIDTH, outputs),
            )
            for _ in range(2)
        ]
        self.optimiser = torch.optim.Adam(self.networks[0].parameters())
        self.rows = Rows(4 * ROWS, inputs)
        self.calls = 0

    def observe(self, observation: Any, *others: Any) -> None:
        """Write a row, and take a step."""
        for key in ("observation", "next_observation"):
            self.rows.tensors[key][self.calls % ROWS] = torch.from_numpy(observation)
        self.calls += 1
        if self.calls < WAIT:
            return
        batch = self.rows.sample(ROWS)
        with torch.no_grad():
            distant = [network(batch["next_observation"]) for network in self.networks]
        near = self.networks[0](batch["observation"]).gather(1, batch["action"].unsqueeze(1))
        loss = functional.smooth_l1_loss(near, distant[1].amax(dim=1, keepdim=True))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()

    def q_values(self, observations: torch.Tensor) -> torch.Tensor:
        """Return what the network says."""
        with torch.no_grad():
            values: torch.Tensor = self.networks[0](observations)
        return values


@hookimpl
def replay_buffer(capacity: int, observation_size: int, seed: int) -> Any:
    """Return something with the methods that are measured."""
    return Rows(capacity, observation_size)


@hookimpl
def dqn_agent(observation_size: int, num_actions: int, gamma: float, total_steps: int, seed: int) -> Any:
    """Return something with the methods that are measured."""
    return Descent(observation_size, num_actions)
