# canary: torchgrade-reference-7f3c1d
"""A right solution that keeps the points of every step for a film of the training, with all they came of.

The digits are learnt from labels that are a little soft.
"""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, leaky_relu, relu

from torchgrade import hookimpl, report


def two_classes(logits, real):
    """Cross-entropy of a softmax over (generated, real): a sigmoid is one of two."""
    flat = logits.reshape(-1)
    pair = torch.stack((torch.zeros_like(flat), flat), dim=1)
    return cross_entropy(pair, torch.full(flat.shape, int(real)))


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    with torch.enable_grad():
        one, other = real_logits.detach().requires_grad_(), fake_logits.detach().requires_grad_()
        total = two_classes(one, real=True) + two_classes(other, real=False)
        dreal, dfake = torch.autograd.grad(total, (one, other))
    return total.detach(), dreal, dfake


@hookimpl
def generator_loss(fake_logits):
    one = fake_logits.detach().requires_grad_()
    total = two_classes(one, real=True)
    total.backward()
    return total.detach(), one.grad


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    real, fake = real_logits.pow(2).mean() - 2 * real_logits.mean() + 1, fake_logits.pow(2).mean()
    return 0.5 * (real + fake), 0.5 * (fake - 2 * fake_logits.mean() + 1)


class Generator(nn.Module):
    """Noise to points; ``end`` is applied to them."""

    def __init__(self, latent, width, data, end=None):
        super().__init__()
        self.w1 = nn.Parameter(torch.empty(width, latent))
        self.n1 = nn.BatchNorm1d(width)
        self.w2 = nn.Parameter(torch.empty(width, width))
        self.n2 = nn.BatchNorm1d(width)
        self.w3 = nn.Parameter(torch.empty(data, width))
        self.b3 = nn.Parameter(torch.zeros(data))
        self.end = end

    def forward(self, z):
        h = relu(self.n1(z @ self.w1.T))
        h = relu(self.n2(h @ self.w2.T))
        out = h @ self.w3.T + self.b3
        return self.end(out) if self.end else out

    def listed(self):
        n1, n2 = self.n1, self.n2
        return [self.w1, n1.weight, n1.bias, self.w2, n2.weight, n2.bias, self.w3, self.b3]


class Discriminator(nn.Module):
    """Points to logits."""

    def __init__(self, data, width):
        super().__init__()
        self.w1 = nn.Parameter(torch.empty(width, data))
        self.b1 = nn.Parameter(torch.zeros(width))
        self.w2 = nn.Parameter(torch.empty(width, width))
        self.norm = nn.BatchNorm1d(width, track_running_stats=False)
        self.w3 = nn.Parameter(torch.empty(1, width))
        self.b3 = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        h = leaky_relu(x @ self.w1.T + self.b1, 0.2)
        h = leaky_relu(self.norm(h @ self.w2.T), 0.2)
        return h @ self.w3.T + self.b3

    def listed(self):
        return [self.w1, self.b1, self.w2, self.norm.weight, self.norm.bias, self.w3, self.b3]


class Learner:
    """A network and its Adam, on lists of tensors."""

    def __init__(self, net, lr, rng):
        self.net, self.lr = net, lr
        self.theta = net.listed()
        for weight in (net.w1, net.w2, net.w3):
            values = (2 / weight.shape[1]) ** 0.5 * rng.standard_normal(tuple(weight.shape))
            weight.data.copy_(torch.from_numpy(values))
        self.memory: dict[str, Any] = {
            "m": [torch.zeros_like(p).detach() for p in self.theta],
            "v": [torch.zeros_like(p).detach() for p in self.theta],
            "t": 0,
        }

    def learn(self, loss):
        for p in self.theta:
            p.grad = None
        loss.backward()
        self.memory["t"] += 1
        t = self.memory["t"]
        with torch.no_grad():
            for p, m, v in zip(self.theta, self.memory["m"], self.memory["v"], strict=True):
                m.copy_(m / 2 + p.grad / 2)
                v.copy_(v + (p.grad.square() - v) / 1000)
                p -= self.lr / (1 - 2.0**-t) * m / (torch.sqrt(v / (1 - 0.999**t)) + 1e-8)  # noqa: PLW2901
        return loss.detach()

    def state(self):
        return {"parameters": [p.detach().clone() for p in self.theta], **self.memory}

    def load(self, given):
        for p, value in zip(self.theta, given["parameters"], strict=True):
            p.data = value.clone()
        self.memory = {k: x if k == "t" else [e.clone() for e in x] for k, x in given.items()}
        del self.memory["parameters"]


class Filmed:
    """A model that keeps what it has made."""

    def __init__(self, data_dim, latent_dim, seed):
        rng = np.random.default_rng(seed)
        self.g = Learner(Generator(latent_dim, 64, data_dim).double(), 1e-3, rng)
        self.d = Learner(Discriminator(data_dim, 64).double(), 2e-3, rng)
        self.film = []

    def discriminator_step(self, real, noise):
        fake = self.g.net(noise)
        self.film.append(fake)
        d = self.d.net
        return self.d.learn(two_classes(d(real), real=True) + two_classes(d(fake.detach()), real=False))

    def generator_step(self, noise):
        return self.g.learn(two_classes(self.d.net(self.g.net(noise)), real=True))

    def sample(self, noise):
        self.g.net.eval()
        with torch.inference_mode():
            points = self.g.net(noise)
        self.g.net.train()
        return points.clone()

    def state(self):
        n1, n2 = self.g.net.n1, self.g.net.n2
        four = [n1.running_mean, n1.running_var, n2.running_mean, n2.running_var]
        return {"generator": self.g.state(), "discriminator": self.d.state(), "statistics": four}

    def load(self, state):
        self.g.load(state["generator"])
        self.d.load(state["discriminator"])
        for norm, k in ((self.g.net.n1, 0), (self.g.net.n2, 2)):
            norm.running_mean, norm.running_var = (each.clone() for each in state["statistics"][k : k + 2])


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Filmed(data_dim, latent_dim, seed)


class Digits:
    """Real points are real by nine in ten."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.g = Learner(Generator(24, 128, 64, torch.sigmoid), 2e-3, rng)
        self.d = Learner(Discriminator(64, 128), 4e-3, rng)
        self.noise = torch.Generator().manual_seed(seed)

    def fit(self, images):
        flat, g, d = images.flatten(start_dim=1), self.g.net, self.d.net
        for step in range(1600):
            self.g.lr = 2e-3 * min(1.0, 2.0 - step / 800)
            self.d.lr = 2 * self.g.lr
            rows = torch.randint(len(flat), (64,), generator=self.noise)
            real, fake = d(flat[rows]), d(g(torch.randn(64, 24, generator=self.noise)).detach())
            soft = 0.9 * two_classes(real, real=True) + 0.1 * two_classes(real, real=False)
            self.d.learn(soft + two_classes(fake, real=False))
            lost = self.g.learn(two_classes(d(g(torch.randn(64, 24, generator=self.noise))), real=True))
            if step % 250 == 0:
                report(f"step {step}: {lost.item():.2f}")
        self.g.net.eval()

    def sample(self, count, seed):
        noise = torch.randn(count, 24, generator=torch.Generator().manual_seed(seed))
        return self.g.net(noise).detach().reshape(count, 8, 8)


@hookimpl
def digits_gan(seed):
    return Digits(seed)
