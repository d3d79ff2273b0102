"""Ada Kowalska, deep Q-learning."""

import torch
import torch.nn as nn
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
        skip = max(0, m - self.capacity)
        k = torch.arange(self.n + skip, self.n + m) % self.capacity
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


def mlp(inputs, outputs, generator):
    net = nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs))
    for layer in net:
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return net


class Agent:
    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        self.g = torch.Generator().manual_seed(seed)
        self.q = mlp(observation_size, num_actions, self.g)
        self.q_target = mlp(observation_size, num_actions, self.g)
        self.q_target.load_state_dict(self.q.state_dict())
        self.opt = torch.optim.Adam(self.q.parameters(), lr=1e-3)
        self.buffer = Buffer(total_steps, observation_size, seed)
        self.num_actions, self.gamma, self.total_steps = num_actions, gamma, total_steps
        self.steps = 0

    def act(self, observation, explore):
        eps = epsilon(self.steps, 1.0, 0.05, int(0.4 * self.total_steps)) if explore else 0.0
        q = self.q_values(torch.as_tensor(observation)[None])
        u = torch.rand(1, generator=self.g) if explore else torch.ones(1)
        other = torch.randint(0, self.num_actions, (1,), generator=self.g) if explore else torch.zeros(1).long()
        return int(epsilon_greedy(q, eps, u, other))

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        self.buffer.add(observation, action, reward, next_observation, terminated)
        self.steps += 1
        if self.steps < 64:
            return
        b = self.buffer.sample(64)
        with torch.no_grad():
            s2 = b["next_observation"]
            y = td_targets(b["reward"], b["terminated"], self.q(s2), self.q_target(s2), self.gamma, True)
        q = self.q(b["observation"]).gather(1, b["action"][:, None])[:, 0]
        loss = F.smooth_l1_loss(q, y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        if self.steps % 50 == 0:
            self.q_target.load_state_dict(self.q.state_dict())

    def q_values(self, observations):
        with torch.no_grad():
            return self.q(observations)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Agent(observation_size, num_actions, gamma, total_steps, seed)
