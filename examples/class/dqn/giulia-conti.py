"""Giulia Conti: two networks, one memory."""

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
            a = next_q_target.argmax(dim=1)
            next_value = next_q_online[torch.arange(len(a)), a]
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
    def __init__(self, capacity, observation_size, seed):
        if capacity < 1:
            raise ValueError("capacity must be at least 1")
        self.capacity = capacity
        self.s = torch.zeros((capacity, observation_size))
        self.s2 = torch.zeros((capacity, observation_size))
        self.a = torch.zeros(capacity, dtype=torch.long)
        self.r = torch.zeros(capacity)
        self.end = torch.zeros(capacity, dtype=torch.bool)
        self.n = 0  # ever added
        self.g = torch.Generator()
        self.g.manual_seed(seed)

    def add(self, observation, action, reward, next_observation, terminated):
        k = self.n % self.capacity
        self.s[k] = torch.as_tensor(observation)
        self.s2[k] = torch.as_tensor(next_observation)
        self.a[k], self.r[k], self.end[k] = action, reward, terminated
        self.n += 1

    def extend(self, batch):
        m = batch["action"].shape[0]
        skip = 0
        m = min(m, self.capacity)
        batch = {key: part[:m] for key, part in batch.items()}
        k = torch.arange(self.n, self.n + m) % self.capacity
        self.s[k] = batch["observation"][skip:]
        self.s2[k] = batch["next_observation"][skip:]
        self.a[k] = batch["action"][skip:]
        self.r[k] = batch["reward"][skip:]
        self.end[k] = batch["terminated"][skip:]
        self.n += m

    def size(self):
        return min(self.n, self.capacity)

    def take(self, k):
        return {
            "observation": self.s[k],
            "action": self.a[k],
            "reward": self.r[k],
            "next_observation": self.s2[k],
            "terminated": self.end[k],
        }

    def sample(self, batch_size):
        if batch_size < 1 or batch_size > self.size():
            raise ValueError("cannot sample that many")
        return self.take(torch.randint(0, self.size(), (batch_size,), generator=self.g))

    def contents(self):
        return self.take(torch.arange(self.n - self.size(), self.n) % self.capacity)


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Buffer(capacity, observation_size, seed)
