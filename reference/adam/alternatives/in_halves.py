# canary: torchgrade-reference-7f3c1d
"""A right solution as students write it: one small object a parameter, new tensors in every line.

It takes the step size and eps of the paper's section 2, which spares two divisions of whole tensors.
"""

import math

import torch

from torchgrade import hookimpl


class Momentum:
    """What is known of one parameter."""

    def __init__(self, p, keep_max):
        self.value = torch.nn.Parameter(p.clone())
        self.kind = torch.float32 if p.dtype == torch.bfloat16 else p.dtype
        self.m = torch.zeros_like(p, dtype=self.kind)
        self.v = torch.zeros_like(p, dtype=self.kind)
        self.peak = torch.zeros_like(p, dtype=self.kind) if keep_max else None


class Optimizer:
    """Adam."""

    def __init__(self, slots, **options):
        self.slots = slots
        self.options = options
        self.n = 0

    @torch.no_grad()
    def step(self, grads):
        if len(grads) != len(self.slots):
            raise ValueError(f"got {len(grads)} gradients")
        for s, g in zip(self.slots, grads, strict=True):
            if g is not None and g.shape != s.value.shape:
                raise ValueError(f"got a gradient of shape {g.shape}")
        self.n += 1
        for s, g in zip(self.slots, grads, strict=True):
            if g is not None:
                self._move(s, g.to(s.kind))

    def _move(self, s, g):
        o = self.options
        b1, b2 = o["betas"]
        old = s.value.to(s.kind)
        if not o["decoupled"]:
            g = g + o["weight_decay"] * old
        s.m = b1 * s.m + (1 - b1) * g
        s.v = b2 * s.v + (1 - b2) * g.square()
        if s.peak is not None:
            s.peak = torch.max(s.peak, s.v)
        root = math.sqrt(1 - b2**self.n)
        rate = o["lr"] * root / (1 - b1**self.n)
        below = (s.v if s.peak is None else s.peak).sqrt() + o["eps"] * root
        new = old - rate * s.m / below
        if o["decoupled"]:
            new = new - o["lr"] * o["weight_decay"] * old
        s.value.data = new.to(s.value.dtype)

    def parameters(self):
        return [s.value.detach() for s in self.slots]

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("negative lr")
        self.options["lr"] = lr

    def state(self):
        return {
            "t": self.n,
            "lr": self.options["lr"],
            "parameters": [s.value.detach().clone() for s in self.slots],
            "m": [s.m for s in self.slots],
            "v": [s.v for s in self.slots],
            "v_max": [s.peak for s in self.slots if s.peak is not None],
        }

    def load(self, state):
        self.n = state["t"]
        self.options["lr"] = state["lr"]
        for k, s in enumerate(self.slots):
            s.value.data = state["parameters"][k].clone()
            s.m, s.v = state["m"][k], state["v"][k]
            if s.peak is not None:
                s.peak = state["v_max"][k]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    assert params
    for number in (lr, *betas, weight_decay):
        if number < 0:
            raise ValueError("must not be negative")
    if eps <= 0:
        raise ValueError("eps")
    if max(betas) >= 1:
        raise ValueError("betas")
    slots = [Momentum(p, amsgrad) for p in params]
    return Optimizer(slots, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, decoupled=decoupled)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1 or not 0 <= warmup_steps <= total_steps:
        raise ValueError("impossible")
    if step <= warmup_steps:
        return base_lr * (step / warmup_steps)
    if step > total_steps:
        return float(min_lr)
    x = (step - warmup_steps) / (total_steps - warmup_steps)
    return base_lr + (min_lr - base_lr) * math.sin(math.pi * x / 2) ** 2
