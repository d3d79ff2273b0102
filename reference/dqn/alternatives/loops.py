# canary: torchgrade-reference-7f3c1d
"""A right solution in loops: transitions are Python objects in a deque, numbers in lists, and the network
is asked for one transition at a time.
"""

import random
from collections import deque, namedtuple

import torch
from torch import nn

from torchgrade import hookimpl

OVER_BUDGET = ("sample_time", "observe_time", "buffer_memory")

Transition = namedtuple("Transition", "observation action reward next_observation terminated")  # noqa: PYI024 - as students do


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("steps are counted from 0")
    rates = [start + (end - start) * k / decay_steps for k in range(decay_steps)]
    return rates[step] if step < len(rates) else end


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    chosen = []
    for row, u, other in zip(q.tolist(), uniform.double().tolist(), random_action.tolist(), strict=True):
        chosen.append(other if u < epsilon else row.index(max(row)))
    return torch.tensor(chosen)


def target_of(reward, terminated, online, target, gamma, double):
    if terminated:
        return reward
    by = online if double else target
    return reward + gamma * target[by.index(max(by))]


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    rows = zip(
        reward.tolist(), terminated.tolist(), next_q_online.tolist(), next_q_target.tolist(), strict=True
    )
    return torch.tensor([target_of(*row, gamma, double) for row in rows], dtype=reward.dtype)


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    other = weight if target_weight is None else target_weight
    total, gradient = 0.0, torch.zeros_like(weight)
    count = len(batch["action"])
    for k in range(count):
        after = batch["next_observation"][k]
        y = target_of(
            batch["reward"][k],
            batch["terminated"][k],
            (after @ weight).tolist(),
            (after @ other).tolist(),
            gamma,
            double,
        )
        a = batch["action"][k].item()
        e = float(batch["observation"][k] @ weight[:, a] - y)
        total += e * e / 2 if abs(e) <= 1 else abs(e) - 0.5
        gradient[:, a] += max(-1.0, min(1.0, e)) * batch["observation"][k]
    return total / count, gradient / count


class Deque:
    """What everybody writes first."""

    def __init__(self, capacity, observation_size, seed):
        if not capacity:
            raise ValueError("capacity is 0")
        self.rng = random.Random(seed)  # noqa: S311 - for exploring and sampling
        self.size_of_one = observation_size
        self.transitions = deque(maxlen=capacity)

    def add(self, observation, action, reward, next_observation, terminated):
        self.transitions.append(
            Transition(observation.tolist(), action, reward, next_observation.tolist(), terminated)
        )

    def extend(self, batch):
        for k in range(len(batch["action"])):
            self.add(*(batch[key][k] if "obs" in key else batch[key][k].item() for key in Transition._fields))

    def size(self):
        return len(self.transitions)

    def sample(self, batch_size):
        if batch_size < 1:
            raise ValueError("a batch has at least one row")
        return self.stack(self.rng.sample(self.transitions, batch_size))

    def contents(self):
        return self.stack(list(self.transitions))

    def stack(self, some):
        shape = (len(some), self.size_of_one)
        return {
            "observation": torch.tensor([t.observation for t in some]).float().reshape(shape),
            "action": torch.tensor([t.action for t in some], dtype=torch.int64),
            "reward": torch.tensor([t.reward for t in some], dtype=torch.float32),
            "next_observation": torch.tensor([t.next_observation for t in some]).float().reshape(shape),
            "terminated": torch.tensor([t.terminated for t in some], dtype=torch.bool),
        }


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Deque(capacity, observation_size, seed)


class Patient:
    """One transition at a time through the network, every other step."""

    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.q = nn.Sequential(
                nn.Linear(observation_size, 64),
                nn.Tanh(),
                nn.Linear(64, 64),
                nn.ReLU(),
                nn.Linear(64, num_actions),
            )
            self.old = nn.Sequential(
                nn.Linear(observation_size, 64),
                nn.Tanh(),
                nn.Linear(64, 64),
                nn.ReLU(),
                nn.Linear(64, num_actions),
            )
        self.old.load_state_dict(self.q.state_dict())
        self.optimizer = torch.optim.AdamW(self.q.parameters(), lr=2e-3, weight_decay=0.0)
        self.buffer = Deque(total_steps, observation_size, seed)
        self.rng = random.Random(seed)  # noqa: S311 - for exploring and sampling
        self.n, self.gamma, self.total, self.step = num_actions, gamma, total_steps, 0

    def act(self, observation, explore):
        if explore and self.rng.random() < epsilon(self.step, 1.0, 0.05, self.total // 3):
            return self.rng.randrange(self.n)
        return int(self.q_values(torch.tensor(observation)[None])[0].argmax())

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        self.buffer.add(observation, action, reward, next_observation, terminated)
        self.step += 1
        if self.step % 2 == 0 and self.step >= 40:
            self.learn()
        if self.step % 50 == 0:
            self.old.load_state_dict(self.q.state_dict())

    def learn(self):
        losses = []
        for t in self.buffer.rng.sample(self.buffer.transitions, 36):
            with torch.no_grad():
                after = torch.tensor(t.next_observation)
                y = t.reward if t.terminated else t.reward + self.gamma * self.old(after).max().item()
            q = self.q(torch.tensor(t.observation))[t.action]
            losses.append(nn.functional.smooth_l1_loss(q, torch.tensor(y)))
        loss = torch.stack(losses).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def q_values(self, observations):
        with torch.no_grad():
            return self.q(observations)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Patient(observation_size, num_actions, gamma, total_steps, seed)
