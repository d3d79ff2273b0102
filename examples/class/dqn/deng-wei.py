"""Deng Wei. The buffer after the PyTorch tutorial; the agent did not get done in time."""

import random
from collections import deque

import torch
import torch.nn.functional as F

from torchgrade import hookimpl


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("negative number of steps")
    if step >= decay_steps:
        return float(end)
    return start + (end - start) * (step / decay_steps)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    greedy = torch.argmax(q, dim=1)
    return torch.where(uniform < epsilon, random_action, greedy)


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    with torch.no_grad():
        if double:
            a = next_q_online.argmax(dim=1)
            next_value = next_q_target[torch.arange(len(a)), a]
        else:
            next_value = next_q_target.max(dim=1)[0]
        next_value = next_value.masked_fill(terminated, 0.0)
        return reward + gamma * next_value


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    w = weight.clone().requires_grad_(True)
    frozen = weight if target_weight is None else target_weight
    s2 = batch["next_observation"]
    y = td_targets(batch["reward"], batch["terminated"], s2 @ weight, s2 @ frozen, gamma, double)
    q = (batch["observation"] @ w).gather(1, batch["action"][:, None])[:, 0]
    loss = F.smooth_l1_loss(q, y)
    loss.backward()
    return loss.item(), w.grad


class Buffer:
    """A deque of tuples, as in the tutorial."""

    def __init__(self, capacity, observation_size, seed):
        if capacity < 1:
            raise ValueError("capacity must be positive")
        self.memory = deque([], maxlen=capacity)
        self.observation_size = observation_size
        self.rng = random.Random(seed)

    def add(self, observation, action, reward, next_observation, terminated):
        self.memory.append(
            (torch.tensor(observation), action, reward, torch.tensor(next_observation), terminated)
        )

    def extend(self, batch):
        for k in range(len(batch["action"])):
            self.memory.append(
                (
                    batch["observation"][k].clone(),
                    batch["action"][k].item(),
                    batch["reward"][k].item(),
                    batch["next_observation"][k].clone(),
                    batch["terminated"][k].item(),
                )
            )

    def size(self):
        return len(self.memory)

    def collate(self, some):
        none = torch.zeros(0, self.observation_size)
        s, a, r, s2, end = zip(*some) if some else ((), (), (), (), ())
        return {
            "observation": torch.stack(s) if s else none,
            "action": torch.tensor(a, dtype=torch.int64),
            "reward": torch.tensor(r, dtype=torch.float32),
            "next_observation": torch.stack(s2) if s2 else none,
            "terminated": torch.tensor(end, dtype=torch.bool),
        }

    def sample(self, batch_size):
        if batch_size < 1:
            raise ValueError("batch_size must be positive")
        return self.collate(self.rng.sample(self.memory, batch_size))

    def contents(self):
        return self.collate(list(self.memory))


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Buffer(capacity, observation_size, seed)
