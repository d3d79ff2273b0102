# canary: torchgrade-reference-7f3c1d
"""A right solution in numpy, one frozen record a parameter, float64 within each step."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from torchgrade import hookimpl

# On a GPU every gradient has to come to the CPU.
OVER_BUDGET = ("large_time_cuda",)


@dataclass(frozen=True)
class Slot:
    """A parameter and what belongs to it, as arrays; what is kept is rounded to its dtype."""

    theta: np.ndarray
    m: np.ndarray
    v: np.ndarray
    largest: np.ndarray | None
    brain: bool
    device: torch.device

    def kept(self, array):
        return np.asarray(array, dtype=self.theta.dtype)

    def rounded(self, theta):
        theta = self.kept(theta)
        return torch.from_numpy(theta).bfloat16().float().numpy() if self.brain else theta

    def there(self, array):
        return torch.from_numpy(array).to(self.device)

    def tensor(self):
        return self.there(self.theta).bfloat16() if self.brain else self.there(self.theta)


def array_of(tensor):
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).cpu().numpy()


def slot_of(tensor, *, amsgrad=False):
    brain = tensor.dtype == torch.bfloat16
    theta = array_of(tensor).copy()
    zeros = np.zeros(theta.shape, theta.dtype)
    return Slot(theta, zeros, zeros, zeros if amsgrad else None, brain, tensor.device)


class ArrayAdam:
    """Adam; ``step`` makes new slots."""

    def __init__(self, slots, lr, b1, b2, eps, decay, decoupled):
        self.slots, self.lr, self.b1, self.b2 = slots, lr, b1, b2
        self.eps, self.decay, self.decoupled = eps, decay, decoupled
        self.calls = 0

    def step(self, gradients):
        if len(gradients) != len(self.slots):
            raise ValueError("count")
        for slot, g in zip(self.slots, gradients, strict=True):
            if g is not None and tuple(g.shape) != slot.theta.shape:
                raise ValueError("shape")
        self.calls += 1
        self.slots = [
            slot if g is None else self.moved(slot, array_of(g))
            for slot, g in zip(self.slots, gradients, strict=True)
        ]

    def moved(self, slot, g):
        if self.decay and not self.decoupled:
            g = g + self.decay * slot.theta
        m = slot.m + (1 - self.b1) * (g - slot.m)
        v = slot.v + (1 - self.b2) * (g * g - slot.v)
        largest = None if slot.largest is None else np.maximum(slot.largest, v)
        s = v if largest is None else largest
        shrunk = slot.theta * (1 - self.lr * self.decay) if self.decoupled else slot.theta
        move = m / ((1 - self.b1**self.calls) * (np.sqrt(s / (1 - self.b2**self.calls)) + self.eps))
        return replace(
            slot,
            theta=slot.rounded(shrunk - self.lr * move),
            m=slot.kept(m),
            v=slot.kept(v),
            largest=None if largest is None else slot.kept(largest),
        )

    def parameters(self):
        return [slot.tensor() for slot in self.slots]

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("lr")
        self.lr = lr

    def state(self):
        return {
            "t": self.calls,
            "lr": self.lr,
            "parameters": self.parameters(),
            "m": [slot.there(slot.m) for slot in self.slots],
            "v": [slot.there(slot.v) for slot in self.slots],
            "v_max": [slot.there(slot.largest) for slot in self.slots if slot.largest is not None],
        }

    def load(self, state):
        self.calls, self.lr = state["t"], state["lr"]
        slots = [slot_of(theta) for theta in state["parameters"]]
        largest = state["v_max"] or [None] * len(slots)
        self.slots = [
            replace(
                slot,
                m=array_of(m).copy(),
                v=array_of(v).copy(),
                largest=None if top is None else array_of(top).copy(),
            )
            for slot, m, v, top in zip(slots, state["m"], state["v"], largest, strict=True)
        ]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    b1, b2 = betas
    for name, value, good in (
        ("lr", lr, lr >= 0),
        ("beta1", b1, 0 <= b1 < 1),
        ("beta2", b2, 0 <= b2 < 1),
        ("eps", eps, eps > 0),
        ("weight_decay", weight_decay, weight_decay >= 0),
    ):
        if not good:
            raise ValueError(f"{name} cannot be {value}")
    return ArrayAdam([slot_of(p, amsgrad=amsgrad) for p in params], lr, b1, b2, eps, weight_decay, decoupled)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1:
        raise ValueError("step")
    if warmup_steps < 0 or warmup_steps > total_steps:
        raise ValueError("steps")
    at = [0, warmup_steps]
    if step <= warmup_steps:
        return float(np.interp(step, at, [0.0, base_lr]))
    if step >= total_steps:
        return min_lr
    angle = np.pi * (step - warmup_steps) / (total_steps - warmup_steps)
    return float((base_lr + min_lr) / 2 + (base_lr - min_lr) / 2 * math.cos(angle))
