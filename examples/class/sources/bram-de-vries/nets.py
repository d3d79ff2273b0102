"""Two networks as lists of tensors, and Adam."""

import math

import torch
from torch.nn.functional import batch_norm, leaky_relu, relu


class Net:
    def __init__(self, tensors, lr):
        self.p = [t.clone().requires_grad_() for t in tensors]
        self.lr = lr
        self.m = [torch.zeros_like(t) for t in tensors]
        self.v = [torch.zeros_like(t) for t in tensors]
        self.t = 0

    def down(self, loss):
        grads = torch.autograd.grad(loss, self.p)
        self.t += 1
        with torch.no_grad():
            for p, g, m, v in zip(self.p, grads, self.m, self.v):
                m.mul_(0.5).add_(0.5 * g)
                v.mul_(0.999).add_(0.001 * g * g)
                m_hat, v_hat = m / (1 - 0.5**self.t), v / (1 - 0.999**self.t)
                p.sub_(self.lr * m_hat / (v_hat.sqrt() + 1e-8))
        return loss.detach()

    def state(self):
        return {"parameters": [p.detach() for p in self.p], "m": self.m, "v": self.v, "t": self.t}

    def load(self, state):
        self.p = [p.clone().requires_grad_() for p in state["parameters"]]
        self.m, self.v = [x.clone() for x in state["m"]], [x.clone() for x in state["v"]]
        self.t = state["t"]


class Generator(Net):
    def __init__(self, weights, lr):
        w1, w2, w3 = weights
        one, zero = torch.ones_like(w1[:, 0]), torch.zeros_like(w1[:, 0])
        super().__init__([w1, one, zero, w2, one, zero, w3, torch.zeros_like(w3[:, 0])], lr)
        self.statistics = [zero.clone(), one.clone(), zero.clone(), one.clone()]

    def __call__(self, z, train=True):
        w1, g1, b1, w2, g2, b2, w3, b3 = self.p
        m1, v1, m2, v2 = self.statistics
        h = relu(batch_norm(z @ w1.T, m1, v1, g1, b1, training=train))
        h = relu(batch_norm(h @ w2.T, m2, v2, g2, b2, training=train))
        return h @ w3.T + b3


class Discriminator(Net):
    def __init__(self, weights, lr):
        w1, w2, w3 = weights
        one, zero = torch.ones_like(w1[:, 0]), torch.zeros_like(w1[:, 0])
        super().__init__([w1, zero, w2, one, zero, w3, torch.zeros_like(w3[:, 0])], lr)

    def __call__(self, x):
        w1, b1, w2, g, b, w3, b3 = self.p
        h = leaky_relu(x @ w1.T + b1, 0.2)
        h = leaky_relu(batch_norm(h @ w2.T, None, None, g, b, training=True), 0.2)
        return h @ w3.T + b3


def he(rng, out, n):
    return torch.from_numpy(math.sqrt(2 / n) * rng.standard_normal((out, n)))


def pair(rng, data, latent, width, lr, dtype=torch.float64):
    g = [he(rng, width, latent), he(rng, width, width), he(rng, data, width)]
    d = [he(rng, width, data), he(rng, width, width), he(rng, 1, width)]
    cast = lambda weights: [w.to(dtype) for w in weights]
    return Generator(cast(g), lr), Discriminator(cast(d), 2 * lr)
