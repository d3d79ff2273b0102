# canary: torchgrade-reference-7f3c1d
"""A right solution as most would write it: modules, torch.optim, binary cross-entropy with logits."""

import numpy as np
import torch
from torch import nn

from torchgrade import hookimpl, report

bce = nn.functional.binary_cross_entropy_with_logits


def d_loss(real, fake):
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def g_loss(fake):
    return bce(fake, torch.ones_like(fake))


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    real, fake = (logits.clone().requires_grad_() for logits in (real_logits, fake_logits))
    loss = d_loss(real, fake)
    loss.backward()
    return loss.detach(), real.grad, fake.grad


@hookimpl
def generator_loss(fake_logits):
    fake = fake_logits.clone().requires_grad_()
    loss = g_loss(fake)
    loss.backward()
    return loss.detach(), fake.grad


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    mse = nn.functional.mse_loss
    one, other = torch.ones_like(real_logits), torch.ones_like(fake_logits)
    d = 0.5 * mse(real_logits, one) + 0.5 * mse(fake_logits, torch.zeros_like(fake_logits))
    return d, 0.5 * mse(fake_logits, other)


class Generator(nn.Module):
    """Noise to points."""

    def __init__(self, latent, width, out):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, out),
        )

    def forward(self, z):
        return self.net(z)


class Discriminator(nn.Module):
    """Points to logits."""

    def __init__(self, data, width):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(data, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width, bias=False),
            nn.BatchNorm1d(width, track_running_stats=False),
            nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
        )

    def forward(self, x):
        return self.net(x)


def adam(net, lr):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(0.5, 0.999))


class Model:
    """Both, each with its optimiser."""

    def __init__(self, data_dim, latent_dim, seed):
        self.g, self.d = Generator(latent_dim, 64, data_dim).double(), Discriminator(data_dim, 64).double()
        rng = np.random.default_rng(seed)
        for net in (self.g, self.d):
            for layer in net.net:
                if isinstance(layer, nn.Linear):
                    rows, columns = layer.weight.shape
                    weight = np.sqrt(2 / columns) * rng.standard_normal((rows, columns))
                    layer.weight.data = torch.from_numpy(weight)
                    if layer.bias is not None:
                        nn.init.zeros_(layer.bias)
        self.opt_g, self.opt_d = adam(self.g, 0.001), adam(self.d, 0.002)

    def discriminator_step(self, real, noise):
        self.g.train()
        fake = self.g(noise).detach()
        loss = d_loss(self.d(real), self.d(fake))
        self.opt_d.zero_grad()
        loss.backward()
        self.opt_d.step()
        return loss.detach()

    def generator_step(self, noise):
        self.g.train()
        loss = g_loss(self.d(self.g(noise)))
        self.opt_g.zero_grad()
        loss.backward()
        self.opt_g.step()
        return loss.detach()

    @torch.no_grad()
    def sample(self, noise):
        self.g.eval()
        return self.g(noise)

    def _side(self, net, opt):
        params = list(net.parameters())
        slots = [opt.state.get(p, {}) for p in params]
        return {
            "parameters": [p.detach() for p in params],
            "m": [s.get("exp_avg", torch.zeros_like(p)).detach() for s, p in zip(slots, params, strict=True)],
            "v": [
                s.get("exp_avg_sq", torch.zeros_like(p)).detach() for s, p in zip(slots, params, strict=True)
            ],
            "t": int(slots[0]["step"]) if slots[0] else 0,
        }

    def state(self):
        norms = [layer for layer in self.g.net if isinstance(layer, nn.BatchNorm1d)]
        return {
            "generator": self._side(self.g, self.opt_g),
            "discriminator": self._side(self.d, self.opt_d),
            "statistics": [value for norm in norms for value in (norm.running_mean, norm.running_var)],
        }

    def _restore(self, net, opt, side):
        for p, value, m, v in zip(net.parameters(), side["parameters"], side["m"], side["v"], strict=True):
            p.data = value.clone()
            opt.state[p] = {
                "step": torch.tensor(float(side["t"])),
                "exp_avg": m.clone(),
                "exp_avg_sq": v.clone(),
            }

    def load(self, state):
        self._restore(self.g, self.opt_g, state["generator"])
        self._restore(self.d, self.opt_d, state["discriminator"])
        norms = [layer for layer in self.g.net if isinstance(layer, nn.BatchNorm1d)]
        for k, norm in enumerate(norms):
            norm.running_mean.copy_(state["statistics"][2 * k])
            norm.running_var.copy_(state["statistics"][2 * k + 1])


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Model(data_dim, latent_dim, seed)


class Digits:
    """The same networks, twice as wide; points from -1 to 1 by a tanh."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, images, steps=1400, size=64):
        torch.manual_seed(self.seed)
        self.g, self.d = Generator(20, 128, 64), Discriminator(64, 128)
        data = 2 * images.flatten(1) - 1
        opt_g, opt_d = adam(self.g, 0.002), adam(self.d, 0.004)
        slower = [torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.05, steps) for o in (opt_g, opt_d)]
        for step in range(steps):
            real = data[torch.randperm(len(data))[:size]]
            with torch.no_grad():
                fake = self.g(torch.randn(size, 20)).tanh()
            loss = d_loss(self.d(real), self.d(fake))
            opt_d.zero_grad()
            loss.backward()
            opt_d.step()
            cost = g_loss(self.d(self.g(torch.randn(size, 20)).tanh()))
            opt_g.zero_grad()
            cost.backward()
            opt_g.step()
            for each in slower:
                each.step()
            if step % 100 == 0:
                report(f"{step}/{steps}: d {loss:.3f}, g {cost:.3f}")
        self.g.eval()

    @torch.no_grad()
    def sample(self, count, seed):
        noise = torch.randn(count, 20, generator=torch.Generator().manual_seed(seed))
        return (self.g(noise).tanh().view(count, 8, 8) + 1) / 2


@hookimpl
def digits_gan(seed):
    return Digits(seed)
