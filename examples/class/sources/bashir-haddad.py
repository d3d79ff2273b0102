# %% [markdown]
# # Assignment 8: DQN
# Bashir Haddad. First the functions, then the buffer (numpy), then the agent.
# %%
%matplotlib inline
import copy
import random

import numpy as np
import torch
from torch import nn

from torchgrade import hookimpl
# %%
@hookimpl
def epsilon(step, start, end, decay_steps):
    if min(step, decay_steps) < 0:
        raise ValueError(f"step={step}, decay_steps={decay_steps}")
    t = 1.0 if step >= decay_steps else step / decay_steps
    return (1 - t) * start + t * end

@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    a = q.argmax(1)
    a[uniform < epsilon] = random_action[uniform < epsilon]
    return a
# %%
[epsilon(k, 1.0, 0.2, 4) for k in range(6)]
# %%
@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    best = (next_q_online if double else next_q_target).argmax(1, keepdim=True)
    v = torch.take_along_dim(next_q_target, best, 1)[:, 0]
    return reward + gamma * v * (~terminated)

@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    # by hand: d huber / de is e, cut at -1 and 1
    old = weight if target_weight is None else target_weight
    s, a, s2 = batch["observation"], batch["action"], batch["next_observation"]
    y = td_targets(batch["reward"], batch["terminated"], s2 @ weight, s2 @ old, gamma, double)
    n = len(a)
    e = (s @ weight)[range(n), a] - y
    loss = torch.where(e.abs() <= 1, e * e / 2, e.abs() - 0.5).mean()
    d = torch.zeros(n, weight.shape[1], dtype=weight.dtype)
    d[range(n), a] = e.clamp(-1, 1) / n
    return float(loss), s.T @ d
# %% [markdown]
# The buffer. `next_observation` could be found at the next place, but not at the end of an episode, so I keep both.
# %%
class Memory:
    names = ["observation", "action", "reward", "next_observation", "terminated"]

    def __init__(self, capacity, size, seed):
        if capacity <= 0:
            raise ValueError("capacity")
        f, i, b = np.float32, np.int64, bool
        self.columns = [np.zeros((capacity, size), f), np.zeros(capacity, i), np.zeros(capacity, f),
                        np.zeros((capacity, size), f), np.zeros(capacity, b)]
        self.capacity, self.head, self.count = capacity, 0, 0
        self.rng = np.random.RandomState(seed % 2**32)

    def add(self, *transition):
        for column, value in zip(self.columns, transition):
            column[self.head] = value
        self.head = (self.head + 1) % self.capacity
        self.count = min(self.count + 1, self.capacity)

    def extend(self, batch):
        rows = len(batch["action"])
        places = (self.head + np.arange(rows)) % self.capacity
        last = slice(max(0, rows - self.capacity), None)
        for name, column in zip(self.names, self.columns):
            column[places[last]] = batch[name].numpy()[last]
        self.head = (self.head + rows) % self.capacity
        self.count = min(self.count + rows, self.capacity)

    def size(self):
        return self.count

    def get(self, places):
        return {name: torch.from_numpy(column[places]) for name, column in zip(self.names, self.columns)}

    def sample(self, batch_size):
        if not 0 < batch_size <= self.count:
            raise ValueError(f"{batch_size} of {self.count}")
        return self.get(self.rng.randint(0, self.count, batch_size))

    def contents(self):
        begin = self.head if self.count == self.capacity else 0
        return self.get((begin + np.arange(self.count)) % self.capacity)

@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Memory(capacity, observation_size, seed)
# %%
class Agent:
    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        state = torch.get_rng_state()
        torch.manual_seed(seed)
        self.net = nn.Sequential(nn.Linear(observation_size, 64), nn.ReLU(),
                                 nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, num_actions))
        torch.set_rng_state(state)
        self.slow = copy.deepcopy(self.net)
        self.memory = Memory(total_steps, observation_size, seed)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=1e-3, weight_decay=0)
        self.random = random.Random(seed)
        self.k, self.gamma, self.total, self.n = num_actions, gamma, total_steps, 0

    def act(self, observation, explore):
        if explore and self.random.random() < epsilon(self.n, 1, 0.05, self.total // 3):
            return self.random.randrange(self.k)
        return self.q_values(torch.from_numpy(observation)[None]).argmax().item()

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        self.memory.add(observation, action, reward, next_observation, terminated)
        self.n += 1
        if self.n < 50:
            return
        b = self.memory.sample(50)
        with torch.no_grad():
            after = b["next_observation"]
            y = td_targets(b["reward"], b["terminated"], self.net(after), self.slow(after), self.gamma, True)
        q = self.net(b["observation"])[range(50), b["action"]]
        loss = nn.functional.smooth_l1_loss(q, y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        with torch.no_grad():
            for p, p_slow in zip(self.net.parameters(), self.slow.parameters()):
                p_slow += 0.02 * (p - p_slow)

    @torch.no_grad()
    def q_values(self, observations):
        return self.net(observations)

@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Agent(observation_size, num_actions, gamma, total_steps, seed)
