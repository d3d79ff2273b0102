# canary: torchgrade-reference-7f3c1d
"""A right solution without automatic differentiation: layers that know their way back.

The digits are learnt with the losses of least squares.
"""

import math

import numpy as np
import torch

from torchgrade import hookimpl


def log_sigmoid(x):
    return x.clamp(max=0) - torch.log1p(torch.exp(-x.abs()))


def sigmoid(x):
    return torch.exp(log_sigmoid(x))


@hookimpl
def discriminator_loss(real_logits, fake_logits):
    loss = -log_sigmoid(real_logits).mean() - log_sigmoid(-fake_logits).mean()
    dreal = -sigmoid(-real_logits) / real_logits.numel()
    return loss, dreal, sigmoid(fake_logits) / fake_logits.numel()


@hookimpl
def generator_loss(fake_logits):
    return -log_sigmoid(fake_logits).mean(), -sigmoid(-fake_logits) / fake_logits.numel()


@hookimpl
def least_squares_losses(real_logits, fake_logits):
    n, m = real_logits.numel(), fake_logits.numel()
    ahead, behind = real_logits.reshape(-1) - 1, fake_logits.reshape(-1) - 1
    fake = fake_logits.reshape(-1)
    return (ahead @ ahead) / (2 * n) + (fake @ fake) / (2 * m), (behind @ behind) / (2 * m)


class Affine:
    """W, and b if it has one."""

    def __init__(self, weight, *, bias=True):
        self.values = [weight, weight.new_zeros(len(weight))] if bias else [weight]

    def forward(self, x):
        self.x = x
        return x @ self.values[0].t() + (self.values[1] if len(self.values) > 1 else 0.0)

    def backward(self, d):
        grads = [d.t() @ self.x, d.sum(0)]
        return d @ self.values[0], grads[: len(self.values)]


class Norm:
    """Batch normalisation."""

    def __init__(self, like, *, running):
        one, zero = torch.ones_like(like[:, 0]), torch.zeros_like(like[:, 0])
        self.values = [one, zero]
        self.kept = [zero.clone(), one.clone()] if running else None

    def forward(self, x):
        n = len(x)
        mean = x.mean(0)
        centred = x - mean
        var = (centred * centred).mean(0)
        if self.kept:
            self.kept = [
                0.9 * old + 0.1 * new for old, new in zip(self.kept, (mean, var * n / (n - 1)), strict=True)
            ]
        self.scale = 1.0 / torch.sqrt(var + 1e-5)
        self.normal = centred * self.scale
        return self.values[0] * self.normal + self.values[1]

    def use(self, x):
        return self.values[0] * (x - self.kept[0]) / torch.sqrt(self.kept[1] + 1e-5) + self.values[1]

    def backward(self, d):
        grads = [(d * self.normal).sum(0), d.sum(0)]
        d = d * self.values[0]
        back = self.scale * (d - d.mean(0) - self.normal * (d * self.normal).mean(0))
        return back, grads


class Bend:
    """ReLU, with some slope on the other side."""

    values = ()

    def __init__(self, slope):
        self.slope = slope

    def forward(self, x):
        self.factor = torch.where(x > 0, torch.ones_like(x), torch.full_like(x, self.slope))
        return x * self.factor

    def backward(self, d):
        return d * self.factor, []


class Squash:
    """A sigmoid at the end."""

    values = ()

    def forward(self, x):
        self.y = torch.sigmoid(x)
        return self.y

    def backward(self, d):
        return d * self.y * (1 - self.y), []


class Stack:
    """Layers one after the other, with an Adam."""

    def __init__(self, *layers, lr):
        self.layers = layers
        self.lr = lr
        self.t = 0
        self.m = [torch.zeros_like(value) for value in self.values()]
        self.v = [torch.zeros_like(value) for value in self.values()]

    def values(self):
        return [value for layer in self.layers for value in layer.values]

    def norms(self):
        return [layer for layer in self.layers if isinstance(layer, Norm)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def use(self, x):
        for layer in self.layers:
            x = layer.use(x) if isinstance(layer, Norm) else layer.forward(x)
        return x

    def backward(self, d):
        found = []
        for layer in reversed(self.layers):
            d, grads = layer.backward(d)
            found = grads + found
        return d, found

    def step(self, grads):
        self.t += 1
        root = math.sqrt(1 - 0.999**self.t)
        rate = self.lr * root / (1 - 0.5**self.t)
        for value, m, v, g in zip(self.values(), self.m, self.v, grads, strict=True):
            m.lerp_(g, 0.5)
            v.lerp_(g * g, 0.001)
            value.sub_(rate * m / (v.sqrt() + 1e-8 * root))

    def state(self):
        return {"parameters": self.values(), "m": self.m, "v": self.v, "t": self.t}

    def load(self, state):
        for value, new in zip(self.values(), state["parameters"], strict=True):
            value[...] = new
        self.m, self.v = ([each.clone() for each in state[name]] for name in "mv")
        self.t = state["t"]


def he(rng, size, dtype):
    return torch.tensor(rng.standard_normal(size) * math.sqrt(2 / size[1]), dtype=dtype)


class Pair:
    """Generator and discriminator; the gradients of the losses come from outside."""

    def __init__(self, data, latent, width, seed, *end, dtype=torch.float64):
        rng = np.random.default_rng(seed)
        one, two, three = (he(rng, size, dtype) for size in ((width, latent), (width, width), (data, width)))
        self.g = Stack(
            Affine(one, bias=False),
            Norm(one, running=True),
            Bend(0.0),
            Affine(two, bias=False),
            Norm(two, running=True),
            Bend(0.0),
            Affine(three),
            *end,
            lr=0.001,
        )
        one, two, three = (he(rng, size, dtype) for size in ((width, data), (width, width), (1, width)))
        self.d = Stack(
            Affine(one),
            Bend(0.2),
            Affine(two, bias=False),
            Norm(two, running=False),
            Bend(0.2),
            Affine(three),
            lr=0.002,
        )

    def discriminator_step(self, real, noise, loss=discriminator_loss):
        fake = self.g(noise)
        fake_logits = self.d(fake)
        # What the layers remember is the last pass: go back along one before the other goes forward.
        keep = [dict(vars(layer)) for layer in self.d.layers]
        real_logits = self.d(real)
        value, dreal, dfake = loss(real_logits, fake_logits)
        one = self.d.backward(dreal)[1]
        for layer, memory in zip(self.d.layers, keep, strict=True):
            vars(layer).update(memory)
        other = self.d.backward(dfake)[1]
        self.d.step([a + b for a, b in zip(one, other, strict=True)])
        return value

    def generator_step(self, noise, loss=generator_loss):
        value, dlogits = loss(self.d(self.g(noise)))
        dpoints = self.d.backward(dlogits)[0]
        self.g.step(self.g.backward(dpoints)[1])
        return value

    def sample(self, noise):
        return self.g.use(noise)

    def state(self):
        return {
            "generator": self.g.state(),
            "discriminator": self.d.state(),
            "statistics": [kept for norm in self.g.norms() for kept in norm.kept],
        }

    def load(self, state):
        self.g.load(state["generator"])
        self.d.load(state["discriminator"])
        four = [each.clone() for each in state["statistics"]]
        for norm in self.g.norms():
            norm.kept, four = four[:2], four[2:]


@hookimpl
def gan(data_dim, latent_dim, seed):
    return Pair(data_dim, latent_dim, 64, seed)


def apart(real, fake):
    value = least_squares_losses(real, fake)[0]
    return value, (real - 1) / len(real), fake / len(fake)


def together(fake):
    return None, (fake - 1) / len(fake)


class Digits:
    """A wider pair with a sigmoid at the end."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, images):
        self.pair = Pair(64, 16, 128, self.seed, Squash(), dtype=torch.float32)
        draw = torch.Generator().manual_seed(self.seed)
        rows = images.reshape(-1, 64)
        for step in range(1800):
            self.pair.g.lr = 0.002 * min(1.0, 2 - step / 900)
            self.pair.d.lr = 2 * self.pair.g.lr
            noise = torch.randn(2, 64, 16, generator=draw)
            real = rows[torch.randint(len(rows), (64,), generator=draw)]
            self.pair.discriminator_step(real, noise[0], apart)
            self.pair.generator_step(noise[1], together)

    def sample(self, count, seed):
        draw = torch.Generator().manual_seed(seed)
        return self.pair.sample(torch.randn(count, 16, generator=draw)).reshape(-1, 8, 8)


@hookimpl
def digits_gan(seed):
    return Digits(seed)
