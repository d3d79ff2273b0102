"""GANs. The networks are in nets.py."""

import numpy as np
import torch
from nets import pair
from torch.nn.functional import logsigmoid

from torchgrade import hookimpl, report


def loss_d(real, fake):
    return -logsigmoid(real).mean() - logsigmoid(-fake).mean()


def loss_g(fake):
    return -logsigmoid(fake).mean()


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    dreal = (torch.sigmoid(real_logits) - 1) / len(real_logits)
    dfake = torch.sigmoid(fake_logits) / len(fake_logits)
    return loss_d(real_logits, fake_logits), dreal, dfake


@hookimpl
def generator_loss(fake_logits):
    return loss_g(fake_logits), (torch.sigmoid(fake_logits) - 1) / len(fake_logits)


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    half = lambda x: x.square().mean() / 2
    return half(real_logits - 1) + half(fake_logits), half(fake_logits - 1)


class Model:
    def __init__(self, data_dim, latent_dim, seed):
        self.g, self.d = pair(np.random.default_rng(seed), data_dim, latent_dim, 64, 1e-3)

    def discriminator_step(self, real, noise):
        with torch.no_grad():
            fake = self.g(noise)
        return self.d.down(loss_d(self.d(real), self.d(fake)))

    def generator_step(self, noise):
        return self.g.down(loss_g(self.d(self.g(noise))))

    def sample(self, noise):
        return self.g(noise, train=False).detach()

    def state(self):
        return {
            "generator": self.g.state(),
            "discriminator": self.d.state(),
            "statistics": self.g.statistics,
        }

    def load(self, state):
        self.g.load(state["generator"])
        self.d.load(state["discriminator"])
        self.g.statistics = [x.clone() for x in state["statistics"]]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Model(data_dim, latent_dim, seed)


class Digits:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def noise(self, count, rng):
        return torch.from_numpy(rng.standard_normal((count, 16))).float()

    def fit(self, images):
        self.g, self.d = pair(self.rng, 64, 16, 128, 2e-3, torch.float32)
        x, steps = images.reshape(-1, 64), 1300
        for step in range(steps):
            self.g.lr = 2e-3 * min(1.0, 2 - 2 * step / steps)
            self.d.lr = 2 * self.g.lr
            real = x[torch.from_numpy(self.rng.integers(0, len(x), 64))]
            with torch.no_grad():
                fake = torch.sigmoid(self.g(self.noise(64, self.rng)))
            self.d.down(loss_d(self.d(real), self.d(fake)))
            loss = self.g.down(loss_g(self.d(torch.sigmoid(self.g(self.noise(64, self.rng))))))
            if step % 200 == 0:
                report(f"{step}: {loss:.3f}")

    def sample(self, count, seed):
        noise = self.noise(count, np.random.default_rng(seed))
        return torch.sigmoid(self.g(noise, train=False)).detach().reshape(count, 8, 8)


@hookimpl
def digits_gan(seed):
    return Digits(seed)
