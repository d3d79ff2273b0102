# canary: torchgrade-reference-7f3c1d
"""A right solution with one matrix for the whole buffer, and an agent with a dueling network whose answers
come from an average of its networks.
"""

import copy

import torch
from torch import nn

from torchgrade import hookimpl


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0:
        raise ValueError("step")
    if decay_steps < 0:
        raise ValueError("decay_steps")
    done = 1.0 if decay_steps == 0 else min(1.0, step / decay_steps)
    return (1.0 - done) * start + done * end


@hookimpl
def epsilon_greedy(q, epsilon, uniform, random_action):
    actions = torch.max(q, dim=1).indices
    explore = (uniform < epsilon).nonzero().flatten()
    actions[explore] = random_action[explore]
    return actions


@hookimpl
def td_targets(reward, terminated, next_q_online, next_q_target, gamma, double):
    if double:
        best = nn.functional.one_hot(next_q_online.argmax(1), next_q_online.shape[1])
        value = (next_q_target * best).sum(1)
    else:
        value = next_q_target.amax(1)
    return reward + gamma * (1 - terminated.to(reward.dtype)) * value


@hookimpl
def td_gradient(weight, target_weight, batch, gamma, double):
    if target_weight is None:
        target_weight = weight
    after = batch["next_observation"]
    y = td_targets(batch["reward"], batch["terminated"], after @ weight, after @ target_weight, gamma, double)
    taken = nn.functional.one_hot(batch["action"], weight.shape[1]).to(weight.dtype)

    def loss(w):
        return nn.functional.smooth_l1_loss(((batch["observation"] @ w) * taken).sum(1), y)

    gradient, value = torch.func.grad_and_value(loss)(weight)
    return value.item(), gradient


class Matrix:
    """Row: observation, next observation, action, reward, terminated."""

    def __init__(self, capacity, observation_size, seed):
        if capacity < 1:
            raise ValueError("capacity")
        self.d = observation_size
        self.rows = torch.zeros(capacity, 2 * observation_size + 3)
        self.head = self.count = 0
        self.generator = torch.Generator()
        self.generator.manual_seed(seed)

    def add(self, observation, action, reward, next_observation, terminated):
        row = self.rows[self.head]
        row[: self.d] = torch.from_numpy(observation)
        row[self.d : -3] = torch.from_numpy(next_observation)
        row[-3:] = torch.tensor([action, reward, terminated])
        self.head = (self.head + 1) % len(self.rows)
        self.count = min(self.count + 1, len(self.rows))

    def extend(self, batch):
        columns = [batch["action"], batch["reward"], batch["terminated"]]
        parts = [
            batch["observation"],
            batch["next_observation"],
            torch.stack([c.float() for c in columns], 1),
        ]
        block = torch.cat(parts, dim=1)
        while len(block):
            room = len(self.rows) - self.head
            piece, block = block[:room], block[room:]
            self.rows[self.head : self.head + len(piece)] = piece
            self.head = (self.head + len(piece)) % len(self.rows)
            self.count = min(self.count + len(piece), len(self.rows))

    def size(self):
        return self.count

    def split(self, rows):
        return {
            "observation": rows[:, : self.d].clone(),
            "next_observation": rows[:, self.d : -3].clone(),
            "action": rows[:, -3].long(),
            "reward": rows[:, -2].clone(),
            "terminated": rows[:, -1] > 0,
        }

    def sample(self, batch_size):
        if not 0 < batch_size <= self.count:
            raise ValueError("batch_size")
        # Without one that occurs twice.
        if 4 * batch_size > self.count:
            picked = torch.randperm(self.count, generator=self.generator)[:batch_size]
        else:
            picked = torch.randint(self.count, (batch_size,), generator=self.generator)
        return self.split(self.rows.index_select(0, picked))

    def contents(self):
        if self.count < len(self.rows):
            return self.split(self.rows[: self.count])
        return self.split(torch.roll(self.rows, -self.head, 0))


@hookimpl
def replay_buffer(capacity, observation_size, seed):
    return Matrix(capacity, observation_size, seed)


class Dueling(nn.Module):
    """Value and advantages on a common body (Wang and others 2016)."""

    def __init__(self, inputs, actions, width=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.value = nn.Linear(width, 1)
        self.advantage = nn.Linear(width, actions)

    def forward(self, x):
        x = self.body(x)
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean(-1, keepdim=True)


class Averaging:
    """The target network is an average that follows, and what it says is what is answered."""

    def __init__(self, observation_size, num_actions, gamma, total_steps, seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.net = Dueling(observation_size, num_actions)
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.pairs = [
            tuple(part) for part in zip(self.average.parameters(), self.net.parameters(), strict=True)
        ]
        self.memory = Matrix(total_steps, observation_size, seed)
        self.adam = torch.optim.Adam(self.net.parameters(), lr=1e-3, eps=1e-6)
        self.generator = torch.Generator().manual_seed(seed + 1)
        self.actions, self.gamma, self.total, self.seen = num_actions, gamma, total_steps, 0

    @torch.no_grad()
    def act(self, observation, explore):
        share = epsilon(self.seen, 1.0, 0.05, self.total // 3) if explore else 0.0
        if explore and torch.rand((), generator=self.generator) < share:
            return torch.randint(self.actions, (), generator=self.generator).item()
        return self.average(torch.from_numpy(observation)).argmax().item()

    def observe(self, observation, action, reward, next_observation, terminated, truncated):
        self.memory.add(observation, action, reward, next_observation, terminated)
        self.seen += 1
        if self.seen < 64:
            return
        batch = self.memory.sample(64)
        with torch.no_grad():
            after = batch["next_observation"]
            y = td_targets(
                batch["reward"], batch["terminated"], self.net(after), self.average(after), self.gamma, True
            )
        q = self.net(batch["observation"])[torch.arange(64), batch["action"]]
        self.adam.zero_grad()
        nn.functional.smooth_l1_loss(q, y).backward()
        self.adam.step()
        with torch.no_grad():
            for slow, fast in self.pairs:
                slow.lerp_(fast, 0.02)

    @torch.no_grad()
    def q_values(self, observations):
        return self.average(observations)


@hookimpl
def dqn_agent(observation_size, num_actions, gamma, total_steps, seed):
    return Averaging(observation_size, num_actions, gamma, total_steps, seed)
