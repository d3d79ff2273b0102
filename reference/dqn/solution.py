# canary: torchgrade-reference-7f3c1d
"""Deep Q-learning: the model solution.

Each choice that can be made wrong is a method or a function of its own, so that each can be replaced.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from torchgrade import hookimpl

Batch = dict[str, Tensor]
Observation = np.ndarray[Any, np.dtype[np.float32]]


@hookimpl
def epsilon(step: int, start: float, end: float, decay_steps: int) -> float:
    if step < 0 or decay_steps < 0:
        raise ValueError(f"there is no step {step} with a decay over {decay_steps} steps")
    if step >= decay_steps:
        return end
    return start + (end - start) * step / decay_steps


@hookimpl
def epsilon_greedy(q: Tensor, epsilon: float, uniform: Tensor, random_action: Tensor) -> Tensor:
    return torch.where(uniform < epsilon, random_action, q.argmax(dim=1))


class ReplayBuffer:
    """A ring of transitions, one tensor a part.

    Attributes:
        added: transitions so far; number k lies at place k modulo the capacity.
    """

    def __init__(self, capacity: int, observation_size: int, seed: int) -> None:
        if capacity < 1:
            raise ValueError(f"a buffer for {capacity} transitions")
        self.capacity = capacity
        self.added = 0
        self.generator = torch.Generator().manual_seed(seed)
        self.parts: Batch = {
            "observation": torch.zeros(capacity, observation_size),
            "action": torch.zeros(capacity, dtype=torch.int64),
            "reward": torch.zeros(capacity),
            "next_observation": torch.zeros(capacity, observation_size),
            "terminated": torch.zeros(capacity, dtype=torch.bool),
        }

    def size(self) -> int:
        """Return how many transitions are there."""
        return min(self.added, self.capacity)

    def add(
        self,
        observation: Observation,
        action: int,
        reward: float,
        next_observation: Observation,
        terminated: bool,
    ) -> None:
        """Keep one transition, in the place of the oldest if there is no other."""
        place = self.added % self.capacity
        self.parts["observation"][place] = torch.from_numpy(observation)
        self.parts["action"][place] = action
        self.parts["reward"][place] = reward
        self.parts["next_observation"][place] = torch.from_numpy(next_observation)
        self.parts["terminated"][place] = terminated
        self.added += 1

    def extend(self, batch: Mapping[str, Tensor]) -> None:
        """Keep the rows of a batch, in their order."""
        count = len(batch["action"])
        kept = min(count, self.capacity)
        places = torch.arange(self.added + count - kept, self.added + count) % self.capacity
        for key, part in self.parts.items():
            part[places] = batch[key][count - kept :]
        self.added += count

    def sample(self, batch_size: int) -> Batch:
        """Return transitions drawn uniformly, each independently of the others."""
        if not 1 <= batch_size <= self.size():
            raise ValueError(f"a batch of {batch_size} from {self.size()} transitions")
        return self.taken(self.places(batch_size))

    def places(self, batch_size: int) -> Tensor:
        """Return where the transitions of a batch lie."""
        return torch.randint(self.size(), (batch_size,), generator=self.generator)

    def contents(self) -> Batch:
        """Return all transitions, the oldest first."""
        return self.taken(torch.arange(self.added - self.size(), self.added) % self.capacity)

    def taken(self, places: Tensor) -> Batch:
        """Return copies of what lies there."""
        return {key: part[places] for key, part in self.parts.items()}


@hookimpl
def replay_buffer(capacity: int, observation_size: int, seed: int) -> ReplayBuffer:
    return ReplayBuffer(capacity, observation_size, seed)


@hookimpl
def td_targets(
    reward: Tensor,
    terminated: Tensor,
    next_q_online: Tensor,
    next_q_target: Tensor,
    gamma: float,
    double: bool,
) -> Tensor:
    return targets_of(reward, terminated, next_q_online, next_q_target, gamma, double=double)


def targets_of(
    reward: Tensor,
    terminated: Tensor,
    next_q_online: Tensor,
    next_q_target: Tensor,
    gamma: float,
    *,
    double: bool,
) -> Tensor:
    """Return r + gamma * (value of the next observation), without the second term at an end."""
    chooser = next_q_online if double else next_q_target
    best = chooser.argmax(dim=1, keepdim=True)
    value = next_q_target.gather(1, best).squeeze(1)
    return torch.where(terminated, reward, reward + gamma * value)


@hookimpl
def td_gradient(
    weight: Tensor, target_weight: Tensor | None, batch: Mapping[str, Tensor], gamma: float, double: bool
) -> tuple[float, Tensor]:
    return gradient_of(weight, target_weight, batch, gamma, double=double)


def gradient_of(
    weight: Tensor,
    target_weight: Tensor | None,
    batch: Mapping[str, Tensor],
    gamma: float,
    *,
    double: bool,
    targets: Callable[..., Tensor] = targets_of,
    loss: Callable[[Tensor, Tensor], Tensor] = functional.huber_loss,
) -> tuple[float, Tensor]:
    """Return the Huber loss of linear Q-values and its gradient; targets are constants."""
    own = weight.detach().clone().requires_grad_()
    frozen = own.detach() if target_weight is None else target_weight
    following = batch["next_observation"]
    wanted = targets(
        batch["reward"],
        batch["terminated"],
        following @ own.detach(),
        following @ frozen,
        gamma,
        double=double,
    )
    chosen = (batch["observation"] @ own).gather(1, batch["action"].unsqueeze(1)).squeeze(1)
    error = loss(chosen, wanted)
    error.backward()  # type: ignore[no-untyped-call]
    assert own.grad is not None
    return error.item(), own.grad


class Network(torch.nn.Module):
    """Observations (N, D) to Q-values (N, A): two hidden layers of rectified linear units."""

    def __init__(self, sizes: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList()
        for before, after in itertools.pairwise(sizes):
            layer = torch.nn.Linear(before, after)
            bound = before**-0.5
            for parameter in layer.parameters():
                torch.nn.init.uniform_(parameter, -bound, bound, generator=generator)
            self.layers.append(layer)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        q: Tensor = self.layers[-1](x)
        return q


class Adam:
    """Adam (Kingma and Ba 2015); importing torch's own takes longer than many an agent takes to learn."""

    betas = (0.9, 0.999)
    eps = 1e-8

    def __init__(self, parameters: list[Tensor], lr: float) -> None:
        self.parameters = parameters
        self.lr = lr
        self.m = [torch.zeros_like(parameter) for parameter in parameters]
        self.v = [torch.zeros_like(parameter) for parameter in parameters]
        self.t = 0

    @torch.no_grad()
    def step(self) -> None:
        """Make one step against the gradients."""
        self.t += 1
        first, second = self.betas
        rate = self.lr / (1 - first**self.t)
        root = math.sqrt(1 - second**self.t)
        for parameter, m, v in zip(self.parameters, self.m, self.v, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            m.lerp_(gradient, 1 - first)
            v.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            parameter.addcdiv_(m, (v.sqrt() / root).add_(self.eps), value=-rate)


class Agent:
    """Double deep Q-learning with a replay buffer and a target network."""

    hidden = (64, 64)
    lr = 1e-3
    batch_size = 64
    first_update = 64
    sync_every = 50
    explored_share = 0.4

    def __init__(
        self, observation_size: int, num_actions: int, gamma: float, total_steps: int, seed: int
    ) -> None:
        self.num_actions, self.gamma, self.total_steps = num_actions, gamma, total_steps
        self.steps = 0
        self.random = random.Random(seed)  # noqa: S311 - for exploring
        generator = torch.Generator().manual_seed(seed)
        sizes = (observation_size, *self.hidden, num_actions)
        self.online, self.target = Network(sizes, generator), Network(sizes, generator)
        self.target.load_state_dict(self.online.state_dict())
        self.target.requires_grad_(False)
        self.buffer = ReplayBuffer(total_steps, observation_size, seed)
        self.optimiser = Adam(list(self.online.parameters()), self.lr)

    def act(self, observation: Observation, explore: bool) -> int:
        """Return the best action, or now and then any."""
        if explore and self.random.random() < self.epsilon():
            return self.random.randrange(self.num_actions)
        return int(self.values(torch.from_numpy(observation).unsqueeze(0)).argmax())

    def epsilon(self) -> float:
        """Return how much is explored now."""
        return epsilon(self.steps, 1.0, 0.05, int(self.explored_share * self.total_steps))

    def observe(
        self,
        observation: Observation,
        action: int,
        reward: float,
        next_observation: Observation,
        terminated: bool,
        truncated: bool,
    ) -> None:
        """Keep what happened, and learn a little."""
        self.buffer.add(observation, action, reward, next_observation, terminated)
        self.steps += 1
        if self.steps >= self.first_update:
            self.update(self.buffer.sample(self.batch_size))
        if self.steps % self.sync_every == 0:
            self.sync()

    def update(self, batch: Batch) -> None:
        """Make one step of gradient descent."""
        loss = functional.smooth_l1_loss(self.chosen(batch), self.wanted(batch))
        self.online.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()

    def chosen(self, batch: Batch) -> Tensor:
        """Return the Q-values of the actions that were taken."""
        q: Tensor = self.online(batch["observation"])
        return q.gather(1, batch["action"].unsqueeze(1)).squeeze(1)

    def wanted(self, batch: Batch) -> Tensor:
        """Return what they should be."""
        with torch.no_grad():
            following = batch["next_observation"]
            online, target = self.online(following), self.target(following)
            return targets_of(batch["reward"], batch["terminated"], online, target, self.gamma, double=True)

    def sync(self) -> None:
        """Copy the network."""
        self.target.load_state_dict(self.online.state_dict())

    def values(self, observations: Tensor) -> Tensor:
        """Return the Q-values by which actions are chosen."""
        with torch.no_grad():
            q: Tensor = self.online(observations)
        return q

    def q_values(self, observations: Tensor) -> Tensor:
        """Return the present Q-values."""
        return self.values(observations)


@hookimpl
def dqn_agent(observation_size: int, num_actions: int, gamma: float, total_steps: int, seed: int) -> Agent:
    return Agent(observation_size, num_actions, gamma, total_steps, seed)
