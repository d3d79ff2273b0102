# canary: torchgrade-reference-7f3c1d
"""A right solution in numpy: one array of records, a network with its gradients and Adam by hand, and a
target network that follows a little in every step. No double Q-learning in the agent.
"""

import itertools

import numpy as np
import torch

from torchgrade import hookimpl


@hookimpl
def epsilon(step, start, end, decay_steps):
    if min(step, decay_steps) < 0:
        raise ValueError("negative")
    return float(np.interp(step, [0, decay_steps], [start, end])) if decay_steps else float(end)


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    best = q.numpy().argmax(axis=1)
    return torch.from_numpy(np.where(uniform.numpy() < epsilon, random_action.numpy(), best))


def successors(online, target, double):
    rows = np.arange(len(target))
    return target[rows, (online if double else target).argmax(axis=1)]


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    r, end = reward.numpy(), terminated.numpy()
    following = successors(next_q_online.numpy(), next_q_target.numpy(), double)
    return torch.from_numpy(r + r.dtype.type(gamma) * np.where(end, 0, following).astype(r.dtype))


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    w = weight.numpy()
    other = w if target_weight is None else target_weight.numpy()
    s, a, r, after, end = (batch[key].numpy() for key in KEYS)
    following = successors(after @ w, after @ other, double)
    y = r + gamma * np.where(end, 0, following)
    rows = np.arange(len(a))
    error = (s @ w)[rows, a] - y
    size = np.abs(error)
    loss = np.where(size <= 1, 0.5 * error**2, size - 0.5).mean()
    slope = np.zeros((len(a), w.shape[1]), dtype=w.dtype)
    slope[rows, a] = np.clip(error, -1, 1) / len(a)
    return float(loss), torch.from_numpy(s.T @ slope)


KEYS = ("observation", "action", "reward", "next_observation", "terminated")


class Ring:
    """A structured array."""

    def __init__(self, capacity, observation_size, seed):
        if capacity <= 0:
            raise ValueError("no room")
        row = (observation_size,)
        fields = [("f4", row), ("i8", ()), ("f4", ()), ("f4", row), ("?", ())]
        self.table = np.zeros(
            capacity, dtype=[(key, kind, shape) for key, (kind, shape) in zip(KEYS, fields, strict=True)]
        )
        self.next, self.full = 0, False
        self.rng = np.random.default_rng(seed)

    def add(self, observation, action, reward, next_observation, terminated):
        self.table[self.next] = (observation, action, reward, next_observation, terminated)
        self.next += 1
        if self.next == len(self.table):
            self.next, self.full = 0, True

    def extend(self, batch):
        rows = len(batch["action"])
        begin = max(0, rows - len(self.table))
        places = (self.next + np.arange(begin, rows)) % len(self.table)
        for key in KEYS:
            self.table[key][places] = batch[key][begin:].numpy()
        self.full = self.full or self.next + rows >= len(self.table)
        self.next = (self.next + rows) % len(self.table)

    def size(self):
        return len(self.table) if self.full else self.next

    def batch(self, rows):
        return {key: torch.from_numpy(rows[key].copy()) for key in KEYS}

    def rows(self, count):
        if count < 1 or count > self.size():
            raise ValueError("so many there are not")
        return self.table[self.rng.integers(self.size(), size=count)]

    def sample(self, batch_size):
        return self.batch(self.rows(batch_size))

    def contents(self):
        return self.batch(np.roll(self.table, -self.next) if self.full else self.table[: self.next].copy())


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Ring(capacity, observation_size, seed)


class Perceptron:
    """Two hidden layers, one vector of weights for all of them."""

    def __init__(self, sizes, rng):
        shapes = [(m + 1, n) for m, n in itertools.pairwise(sizes)]
        ends = np.cumsum([0, *(m * n for m, n in shapes)])
        self.vector = np.zeros(ends[-1], dtype=np.float32)
        self.parts = [
            self.vector[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)
        ]
        for part in self.parts:
            part[...] = rng.normal(size=part.shape) * np.sqrt(1.0 / (len(part) - 1))
        self.parts[-1][...] *= 0.3
        self.slope = np.zeros_like(self.vector)
        self.slopes = [
            self.slope[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes, strict=False)
        ]

    def forward(self, x):
        self.inputs = []
        for number, part in enumerate(self.parts):
            self.inputs.append(x)
            x = x @ part[:-1] + part[-1]
            if number < len(self.parts) - 1:
                np.maximum(x, 0, out=x)
        return x

    def backward(self, dy):
        for part, slope, x in zip(self.parts[::-1], self.slopes[::-1], self.inputs[::-1], strict=True):
            np.matmul(x.T, dy, out=slope[:-1])
            slope[-1] = dy.sum(axis=0)
            dy = (dy @ part[:-1].T) * (x > 0)


class Learner:
    """Deep Q-learning without double."""

    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        self.rng = np.random.default_rng(seed)
        sizes = (observation_size, 64, 64, num_actions)
        self.net, self.slow = Perceptron(sizes, self.rng), Perceptron(sizes, self.rng)
        self.slow.vector[...] = self.net.vector
        self.m, self.v = np.zeros_like(self.net.vector), np.zeros_like(self.net.vector)
        self.memory = Ring(total_steps, observation_size, seed)
        self.actions, self.gamma, self.total = num_actions, gamma, total_steps
        self.t = self.updates = 0

    def act(self, observation, explore):
        share = max(0.05, 1 - self.t / (0.4 * self.total))
        if explore and self.rng.random() < share:
            return int(self.rng.integers(self.actions))
        return int(self.net.forward(observation[None])[0].argmax())

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        self.memory.add(observation, action, reward, next_observation, terminated)
        self.t += 1
        if self.t >= 64:
            self.learn(self.memory.rows(64))

    def learn(self, rows):
        ends = rows["terminated"]
        y = rows["reward"] + self.gamma * self.slow.forward(rows["next_observation"]).max(axis=1) * ~ends
        q = self.net.forward(rows["observation"])
        each = np.arange(len(rows))
        slope = np.zeros_like(q)
        slope[each, rows["action"]] = np.clip(q[each, rows["action"]] - y, -1, 1) / len(rows)
        self.net.backward(slope)
        self.updates += 1
        self.m += 0.1 * (self.net.slope - self.m)
        self.v += 0.001 * (self.net.slope**2 - self.v)
        rate = 1e-3 * np.sqrt(1 - 0.999**self.updates) / (1 - 0.9**self.updates)
        self.net.vector -= (rate * self.m / (np.sqrt(self.v) + 1e-7)).astype(np.float32)
        self.slow.vector += 0.02 * (self.net.vector - self.slow.vector)

    def q_values(self, observations):
        return torch.from_numpy(self.net.forward(observations.numpy()).astype(np.float32))


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Learner(observation_size, num_actions, gamma, total_steps, seed)
