# canary: torchgrade-reference-7f3c1d
"""Generative adversarial networks: the model solution.

Each decision of a step is a method of its own, so that each can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from torchgrade import hookimpl, report

WIDTH = 64
BETA1, BETA2, EPS = 0.5, 0.999, 1e-8
GENERATOR_RATE, DISCRIMINATOR_RATE = 1e-3, 2e-3


def discriminator_objective(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return the discriminator's loss, by log(sigmoid(x)) = -softplus(-x)."""
    return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()


def generator_objective(fake_logits: Tensor) -> Tensor:
    """Return the generator's non-saturating loss."""
    return functional.softplus(-fake_logits).mean()


def with_gradients(objective: Callable[..., Tensor], *logits: Tensor) -> tuple[Tensor, ...]:
    """Return an objective and its gradients with respect to its arguments."""
    leaves = [each.detach().clone().requires_grad_() for each in logits]
    loss = objective(*leaves)
    return loss.detach(), *torch.autograd.grad(loss, leaves)


@hookimpl
def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, ...]:
    return with_gradients(discriminator_objective, real_logits, fake_logits)


@hookimpl
def generator_loss(fake_logits: Tensor) -> tuple[Tensor, ...]:
    return with_gradients(generator_objective, fake_logits)


@hookimpl
def least_squares_losses(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    real, fake = (real_logits - 1).square().mean(), fake_logits.square().mean()
    return (real + fake) / 2, (fake_logits - 1).square().mean() / 2


def zeros(*shape: int) -> Tensor:
    """Return zeros, float64."""
    return torch.zeros(*shape, dtype=torch.float64)


class Network:
    """Parameters with an Adam of their own (Kingma and Ba 2015).

    Attributes:
        parameters: leaves that require gradients.
        m, v: moments.
        t: steps so far.
    """

    def __init__(self, parameters: Sequence[Tensor], rate: float) -> None:
        self.parameters = [each.requires_grad_() for each in parameters]
        self.m = [torch.zeros_like(each) for each in parameters]
        self.v = [torch.zeros_like(each) for each in parameters]
        self.t = 0
        self.rate, self.beta1, self.beta2 = rate, BETA1, BETA2

    @torch.no_grad()
    def descend(self, gradients: Sequence[Tensor]) -> None:
        """Make one step."""
        self.t += 1
        first, second = 1 - self.beta1**self.t, 1 - self.beta2**self.t
        for theta, m, v, g in zip(self.parameters, self.m, self.v, gradients, strict=True):
            m.mul_(self.beta1).add_(g, alpha=1 - self.beta1)
            v.mul_(self.beta2).addcmul_(g, g, value=1 - self.beta2)
            denominator = v.sqrt().div_(second**0.5).add_(EPS)
            theta.addcdiv_(m, denominator, value=-self.rate / first)

    def state(self) -> dict[str, Any]:
        """Return all that a step changes."""
        return {
            "parameters": [each.detach().clone() for each in self.parameters],
            "m": [each.clone() for each in self.m],
            "v": [each.clone() for each in self.v],
            "t": self.t,
        }

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for own, name in ((self.parameters, "parameters"), (self.m, "m"), (self.v, "v")):
            for tensor, given in zip(own, state[name], strict=True):
                tensor.copy_(given)
        self.t = state["t"]


class Gan:
    """Two networks that train each other."""

    def __init__(self, data_dim: int, latent_dim: int, seed: int) -> None:
        weights = self.weights(data_dim, latent_dim, seed)
        norms = [self.norm() for _ in range(3)]
        one, two, three = weights[:3]
        generator = [one, *norms[0], two, *norms[1], three, zeros(data_dim)]
        one, two, three = weights[3:]
        discriminator = [one, zeros(WIDTH), two, *norms[2], three, zeros(1)]
        self.generator = Network(generator, GENERATOR_RATE)
        self.discriminator = Network(discriminator, DISCRIMINATOR_RATE)
        self.statistics = [value for _ in range(2) for value in (zeros(WIDTH), zeros(WIDTH) + 1)]
        self.momentum, self.eps, self.slope = 0.1, 1e-5, 0.2

    def weights(self, data_dim: int, latent_dim: int, seed: int) -> list[Tensor]:
        """Draw all weight matrices, the generator's first."""
        draw = np.random.default_rng(seed)
        sizes = [(WIDTH, latent_dim), (WIDTH, WIDTH), (data_dim, WIDTH)]
        sizes += [(WIDTH, data_dim), (WIDTH, WIDTH), (1, WIDTH)]
        return [self.weight(draw, *size) for size in sizes]

    def weight(self, draw: np.random.Generator, rows: int, columns: int) -> Tensor:
        """Draw one matrix (He et al. 2015)."""
        return torch.from_numpy((2 / columns) ** 0.5 * draw.standard_normal((rows, columns)))

    def norm(self) -> tuple[Tensor, Tensor]:
        """Return gamma and beta."""
        return zeros(WIDTH) + 1, zeros(WIDTH)

    def make(self, noise: Tensor, *, training: bool) -> Tensor:
        """Return points (N, D), made of noise (N, K)."""
        w1, gamma1, beta1, w2, gamma2, beta2, w3, b3 = self.generator.parameters
        mean1, var1, mean2, var2 = self.statistics
        h = functional.relu(self.normed(noise @ w1.T, mean1, var1, gamma1, beta1, training=training))
        h = functional.relu(self.normed(h @ w2.T, mean2, var2, gamma2, beta2, training=training))
        return functional.linear(h, w3, b3)

    def normed(
        self, h: Tensor, mean: Tensor, var: Tensor, gamma: Tensor, beta: Tensor, *, training: bool
    ) -> Tensor:
        """Normalise by the batch, which moves mean and var, or by mean and var."""
        return functional.batch_norm(h, mean, var, gamma, beta, training, self.momentum, self.eps)

    def judge(self, points: Tensor) -> Tensor:
        """Return logits (N, 1) for points (N, D)."""
        w1, b1, w2, gamma, beta, w3, b3 = self.discriminator.parameters
        h = functional.leaky_relu(functional.linear(points, w1, b1), self.slope)
        h = functional.batch_norm(h @ w2.T, None, None, gamma, beta, training=True, eps=self.eps)
        return functional.linear(functional.leaky_relu(h, self.slope), w3, b3)

    def forge(self, noise: Tensor) -> Tensor:
        """Return points for the discriminator to learn from; no gradient leads back."""
        with torch.no_grad():
            return self.make(noise, training=True)

    def judge_both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of both batches, each passing alone."""
        return self.judge(real), self.judge(fake)

    def discriminator_objective(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Return what the discriminator goes down."""
        return discriminator_objective(real_logits, fake_logits)

    def generator_objective(self, fake_logits: Tensor) -> Tensor:
        """Return what the generator goes down."""
        return generator_objective(fake_logits)

    def discriminator_step(self, real: Tensor, noise: Tensor) -> Tensor:
        """Update the discriminator; return its loss before."""
        loss = self.discriminator_objective(*self.judge_both(real, self.forge(noise)))
        self.discriminator.descend(torch.autograd.grad(loss, self.discriminator.parameters))
        return loss.detach()

    def generator_step(self, noise: Tensor) -> Tensor:
        """Update the generator; return its loss before."""
        loss = self.generator_objective(self.judge(self.make(noise, training=True)))
        self.generator.descend(torch.autograd.grad(loss, self.generator.parameters))
        return loss.detach()

    def sample(self, noise: Tensor) -> Tensor:
        """Return points (N, D)."""
        with torch.no_grad():
            return self.make(noise, training=False)

    def state(self) -> dict[str, Any]:
        """Return all that steps change."""
        return {
            "generator": self.generator.state(),
            "discriminator": self.discriminator.state(),
            "statistics": [each.clone() for each in self.statistics],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.generator.load(state["generator"])
        self.discriminator.load(state["discriminator"])
        for own, given in zip(self.statistics, state["statistics"], strict=True):
            own.copy_(given)


@hookimpl
def gan(data_dim: int, latent_dim: int, seed: int) -> Gan:
    return Gan(data_dim, latent_dim, seed)


PIXELS, LATENT, HIDDEN = 64, 16, 128
STEPS, BATCH = 1400, 64


class DigitsGan:
    """The same two networks, wider, with a sigmoid for ink."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def build(self) -> None:
        """Make both networks from the seed."""
        torch.manual_seed(self.seed)
        layers: list[nn.Module] = []
        for size in (LATENT, HIDDEN):
            layers += [nn.Linear(size, HIDDEN, bias=False), nn.BatchNorm1d(HIDDEN), nn.ReLU()]
        self.generator = nn.Sequential(*layers, nn.Linear(HIDDEN, PIXELS), nn.Sigmoid())
        self.discriminator = nn.Sequential(
            nn.Linear(PIXELS, HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN, HIDDEN, bias=False),
            nn.BatchNorm1d(HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(HIDDEN, 1),
        )

    def fit(self, images: Tensor) -> None:
        """Train both in turn."""
        self.build()
        flat = images.reshape(len(images), PIXELS)
        rates = (2 * GENERATOR_RATE, 2 * DISCRIMINATOR_RATE)
        sides = (self.generator, self.discriminator)
        mine, yours = (
            torch.optim.Adam(side.parameters(), lr=rate, betas=(BETA1, BETA2))
            for side, rate in zip(sides, rates, strict=True)
        )
        for step in range(STEPS):
            for optimiser, rate in zip((mine, yours), rates, strict=True):
                optimiser.param_groups[0]["lr"] = rate * min(1.0, 2.0 * (1.0 - step / STEPS))
            real = flat[torch.randint(len(flat), (BATCH,))]
            with torch.no_grad():
                fake = self.generator(torch.randn(BATCH, LATENT))
            loss = discriminator_objective(self.discriminator(real), self.discriminator(fake))
            self.update(yours, loss)
            fake = self.generator(torch.randn(BATCH, LATENT))
            cost = generator_objective(self.discriminator(fake))
            self.update(mine, cost)
            if step % 200 == 0:
                report(f"step {step}: losses {loss.item():.3f} and {cost.item():.3f}")
        self.generator.eval()

    def update(self, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        """Go down the gradient of a loss by a network's own optimiser."""
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    def sample(self, count: int, seed: int) -> Tensor:
        """Return new images."""
        noise = torch.randn(count, LATENT, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            images: Tensor = self.generator(noise).reshape(count, 8, 8)
        return images


@hookimpl
def digits_gan(seed: int) -> DigitsGan:
    return DigitsGan(seed)
