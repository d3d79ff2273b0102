# canary: torchgrade-reference-7f3c1d
"""A right solution in plain numbers: one entry after the other, in Python's own floats."""

import math
import struct

import torch

from torchgrade import hookimpl

OVER_BUDGET = ("small_time", "large_time", "large_time_cuda", "memory")


def rounder(dtype):
    """Return what rounds a Python float to the precision of a tensor's moments."""
    return float if dtype == torch.float64 else lambda x: struct.unpack("f", struct.pack("f", x))[0]


class Entries:
    """Adam, entry by entry."""

    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        if not (lr >= 0 and eps > 0 and weight_decay >= 0 and all(0 <= beta < 1 for beta in betas)):
            raise ValueError("out of range")
        self.lr, (self.beta1, self.beta2), self.eps = lr, betas, eps
        self.weight_decay, self.decoupled, self.amsgrad = weight_decay, decoupled, amsgrad
        self.t = 0
        self.shapes = [p.shape for p in params]
        self.dtypes = [p.dtype for p in params]
        self.devices = [p.device for p in params]
        self.wide = [torch.float32 if p.dtype == torch.bfloat16 else p.dtype for p in params]
        self.values = [p.flatten().tolist() for p in params]
        self.m = [[0.0] * p.numel() for p in params]
        self.v = [[0.0] * p.numel() for p in params]
        self.v_max = [[0.0] * p.numel() for p in params]

    def step(self, gradients):
        if len(gradients) != len(self.shapes):
            raise ValueError("wrong number of gradients")
        for g, shape in zip(gradients, self.shapes, strict=True):
            if g is not None and g.shape != shape:
                raise ValueError("wrong shape")
        self.t += 1
        for k, g in enumerate(gradients):
            if g is not None:
                self.update(k, g.flatten().tolist())

    def update(self, k, slopes):
        values, m, v, v_max = self.values[k], self.m[k], self.v[k], self.v_max[k]
        near = rounder(self.dtypes[k])
        correct1, correct2 = 1 - self.beta1**self.t, 1 - self.beta2**self.t
        for i, slope in enumerate(slopes):
            g = slope + (0.0 if self.decoupled else self.weight_decay * values[i])
            m[i] = near(self.beta1 * m[i] + (1 - self.beta1) * g)
            v[i] = near(self.beta2 * v[i] + (1 - self.beta2) * g * g)
            v_max[i] = max(v_max[i], v[i]) if self.amsgrad else v[i]
            decay = self.lr * self.weight_decay * values[i] if self.decoupled else 0.0
            values[i] -= decay + self.lr * (m[i] / correct1) / (math.sqrt(v_max[i] / correct2) + self.eps)
        if self.dtypes[k] != torch.float64:
            self.values[k] = torch.tensor(values, dtype=self.wide[k]).to(self.dtypes[k]).tolist()

    def tensors(self, lists, dtypes):
        return [
            torch.tensor(numbers, dtype=dtype, device=device).reshape(shape)
            for numbers, dtype, device, shape in zip(lists, dtypes, self.devices, self.shapes, strict=True)
        ]

    def parameters(self):
        return self.tensors(self.values, self.dtypes)

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("out of range")
        self.lr = lr

    def state(self):
        found = {"t": self.t, "lr": self.lr, "parameters": self.parameters(), "v_max": []}
        for name in ("m", "v", "v_max") if self.amsgrad else ("m", "v"):
            found[name] = self.tensors(getattr(self, name), self.wide)
        return found

    def load(self, state):
        self.t, self.lr = state["t"], state["lr"]
        self.values = [p.flatten().tolist() for p in state["parameters"]]
        self.m = [m.flatten().tolist() for m in state["m"]]
        self.v = [v.flatten().tolist() for v in state["v"]]
        self.v_max = [v.flatten().tolist() for v in state["v_max"] or state["v"]]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Entries(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step <= 0 or warmup_steps < 0 or total_steps < warmup_steps:
        raise ValueError("no such step")
    if step <= warmup_steps:
        return base_lr / warmup_steps * step
    if step > total_steps:
        return min_lr
    left = (total_steps - step) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 - math.cos(math.pi * left)) / 2
