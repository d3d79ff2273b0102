# canary: torchgrade-reference-7f3c1d
"""A right solution that makes a pass of its own for the gradient of each parameter, and for each sample.

The digits are learnt with the hinge loss.
"""

from typing import Any

import numpy as np
import torch
from torch.nn import functional as f

from torchgrade import hookimpl

OVER_BUDGET = ("step_time", "sample_time")


def loss_of_both(real, fake):
    return -f.logsigmoid(real).mean() - f.logsigmoid(-fake).mean()


def loss_of_fakes(fake):
    return -f.logsigmoid(fake).mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    dreal = torch.func.grad(loss_of_both, argnums=0)(real_logits, fake_logits)
    dfake = torch.func.grad(loss_of_both, argnums=1)(real_logits, fake_logits)
    return loss_of_both(real_logits, fake_logits), dreal, dfake


@hookimpl
def generator_loss(fake_logits):
    dfake, loss = torch.func.grad_and_value(loss_of_fakes)(fake_logits)
    return loss, dfake


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    def squares(x, target):
        return torch.stack([(each - target) ** 2 for each in x.flatten()]).mean() / 2

    return squares(real_logits, 1) + squares(fake_logits, 0), squares(fake_logits, 1)


def normed(h, gamma, beta, mean, var):
    return gamma * ((h - mean) / torch.sqrt(var + 1e-5)) + beta


def batch(h):
    return h.mean(0), h.var(0, correction=0)


class Model:
    """Parameters by name."""

    def __init__(self, data_dim, latent_dim, seed):
        rng = np.random.default_rng(seed)

        def weight(rows, columns):
            return torch.from_numpy(np.sqrt(2 / columns) * rng.standard_normal((rows, columns)))

        def one(size=64):
            return torch.ones(size, dtype=torch.float64)

        def zero(size=64):
            return torch.zeros(size, dtype=torch.float64)

        self.g = [weight(64, latent_dim), one(), zero(), weight(64, 64), one(), zero()]
        self.g += [weight(data_dim, 64), zero(data_dim)]
        self.d = [weight(64, data_dim), zero(), weight(64, 64), one(), zero(), weight(1, 64), zero(1)]
        self.running = [zero(), one(), zero(), one()]
        self.adams: dict[str, dict[str, Any]] = {
            name: {"m": [torch.zeros_like(p) for p in ps], "v": [torch.zeros_like(p) for p in ps], "t": 0}
            for name, ps in (("g", self.g), ("d", self.d))
        }

    def generate(self, p, z, note=None):
        def norm(h, gamma, beta):
            mean, var = batch(h)
            if note is not None:
                note.extend((mean, h.var(0)))
            return torch.relu(normed(h, gamma, beta, mean, var))

        return norm(norm(z @ p[0].T, p[1], p[2]) @ p[3].T, p[4], p[5]) @ p[6].T + p[7]

    def logits(self, p, x):
        h = f.leaky_relu(x @ p[0].T + p[1], 0.2) @ p[2].T
        return f.leaky_relu(normed(h, p[3], p[4], *batch(h)), 0.2) @ p[5].T + p[6]

    def moved(self, z):
        note = []
        points = self.generate(self.g, z, note)
        self.running = [0.9 * old + 0.1 * new for old, new in zip(self.running, note, strict=True)]
        return points

    def update(self, name, params, objective):
        grads = []
        for k in range(len(params)):
            leaf = params[k].clone().requires_grad_()
            loss = objective([*params[:k], leaf, *params[k + 1 :]])
            grads += torch.autograd.grad(loss, [leaf])
        adam = self.adams[name]
        adam["t"] += 1
        adam["m"] = [0.5 * m + 0.5 * g for m, g in zip(adam["m"], grads, strict=True)]
        adam["v"] = [0.999 * v + 0.001 * g**2 for v, g in zip(adam["v"], grads, strict=True)]
        lr = {"g": 0.001, "d": 0.002}[name]
        down, below = 1 - 0.5 ** adam["t"], 1 - 0.999 ** adam["t"]
        for p, m, v in zip(params, adam["m"], adam["v"], strict=True):
            p.sub_(lr * (m / down) / ((v / below) ** 0.5 + 1e-8))
        return loss.detach()

    def discriminator_step(self, real, noise):
        fake = self.moved(noise)
        return self.update("d", self.d, lambda d: loss_of_both(self.logits(d, real), self.logits(d, fake)))

    def generator_step(self, noise):
        self.moved(noise)
        objective = lambda g: loss_of_fakes(self.logits(self.d, self.generate(g, noise)))  # noqa: E731
        return self.update("g", self.g, objective)

    def sample(self, noise):
        w1, gamma1, beta1, w2, gamma2, beta2, w3, b3 = self.g
        mean1, var1, mean2, var2 = self.running
        rows = []
        for z in noise:
            h = torch.relu(normed(w1 @ z, gamma1, beta1, mean1, var1))
            h = torch.relu(normed(w2 @ h, gamma2, beta2, mean2, var2))
            rows.append(w3 @ h + b3)
        return torch.stack(rows)

    def state(self):
        found = {
            long: {"parameters": ps, **self.adams[short]}
            for long, short, ps in (("generator", "g", self.g), ("discriminator", "d", self.d))
        }
        return {**found, "statistics": self.running}

    def load(self, state):
        for long, short in (("generator", "g"), ("discriminator", "d")):
            side = state[long]
            setattr(self, short, [p.clone() for p in side["parameters"]])
            self.adams[short] = {
                key: side[key] if key == "t" else [x.clone() for x in side[key]] for key in ("m", "v", "t")
            }
        self.running = [each.clone() for each in state["statistics"]]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Model(data_dim, latent_dim, seed)


def block(rows, columns):
    return [
        torch.nn.Linear(rows, columns, bias=False),
        torch.nn.BatchNorm1d(columns, track_running_stats=False),
    ]


class Digits:
    """Hinge loss; each network in one sequence, normalised by its batch for ever."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        nn = torch.nn
        self.g = nn.Sequential(
            *block(16, 128), nn.ReLU(), *block(128, 128), nn.ReLU(), nn.Linear(128, 64), nn.Sigmoid()
        )
        self.d = nn.Sequential(
            nn.Linear(64, 128), nn.LeakyReLU(0.2), *block(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
        )
        self.noise = torch.Generator().manual_seed(seed)

    def z(self, count, noise):
        return torch.randn(count, 16, generator=noise)

    def fit(self, images):
        x, size, steps = images.reshape(-1, 64), 64, 1600
        g = torch.optim.Adam(self.g.parameters(), 0.002, betas=(0.5, 0.999))
        d = torch.optim.Adam(self.d.parameters(), 0.004, betas=(0.5, 0.999))
        for step in range(steps):
            for optimiser, rate in ((g, 0.002), (d, 0.004)):
                optimiser.param_groups[0]["lr"] = rate * min(1.0, 2.0 - 2.0 * step / steps)
            real = x[torch.randint(len(x), (size,), generator=self.noise)]
            fake = self.g(self.z(size, self.noise)).detach()
            d.zero_grad()
            (f.relu(1 - self.d(real)).mean() + f.relu(1 + self.d(fake)).mean()).backward()
            d.step()
            g.zero_grad()
            (-self.d(self.g(self.z(size, self.noise))).mean()).backward()
            g.step()

    @torch.no_grad()
    def sample(self, count, seed):
        # Among some hundreds of others, so that a few are normalised as many are.
        noise = torch.Generator().manual_seed(seed)
        return self.g(self.z(max(count, 500), noise))[:count].reshape(count, 8, 8)


@hookimpl
def digits_gan(seed):
    return Digits(seed)
