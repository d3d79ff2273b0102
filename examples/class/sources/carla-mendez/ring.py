"""The replay buffer."""

import torch


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
