# canary: torchgrade-reference-7f3c1d
"""A right solution that keeps every gradient, and in each step averages all of them anew.

Nothing but the gradients is ever updated: correct by definition, and ever slower and larger.
"""

import math

import torch

from torchgrade import hookimpl

OVER_BUDGET = ("small_time", "large_time", "large_time_cuda", "memory")


class Replayed:
    """Adam from the records of its gradients."""

    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        if lr < 0 or eps <= 0 or weight_decay < 0 or not (0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise ValueError("these settings make no sense")
        self.theta = [torch.clone(p) for p in params]
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled, self.amsgrad = weight_decay, decoupled, amsgrad
        self.t = 0
        kinds = [torch.float32 if p.dtype is torch.bfloat16 else p.dtype for p in params]
        zeros = [torch.zeros_like(p, dtype=kind) for p, kind in zip(params, kinds, strict=True)]
        self.before = [(zero, zero, zero) for zero in zeros]
        self.records = [[] for _ in params]

    def averages(self, k):
        """Return m, v and the largest v of one parameter."""
        m, v, largest = self.before[k]
        for g in self.records[k]:
            m = self.betas[0] * m + (1 - self.betas[0]) * g
            v = self.betas[1] * v + (1 - self.betas[1]) * g**2
            largest = torch.where(v > largest, v, largest) if self.amsgrad else v
        return m, v, largest

    def step(self, gradients):
        sizes = [None if g is None else g.size() for g in gradients]
        if len(sizes) != len(self.theta):
            raise ValueError("one gradient a parameter")
        if any(size not in {None, theta.size()} for size, theta in zip(sizes, self.theta, strict=True)):
            raise ValueError("a gradient has its parameter's shape")
        self.t += 1
        for k, g in enumerate(gradients):
            if g is None:
                continue
            kind = self.before[k][0].dtype
            theta = self.theta[k].to(kind)
            shrink = self.lr * self.weight_decay if self.decoupled else 0.0
            extra = 0.0 if self.decoupled else self.weight_decay
            self.records[k].append(g.to(kind) + extra * theta)
            m, _, s = self.averages(k)
            m_hat = m / (1 - self.betas[0] ** self.t)
            s_hat = s / (1 - self.betas[1] ** self.t)
            new = theta - shrink * theta - self.lr * m_hat / (s_hat**0.5 + self.eps)
            self.theta[k] = new.to(self.theta[k].dtype)

    def parameters(self):
        return self.theta

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("lr is negative")
        self.lr = lr

    def state(self):
        moments = [self.averages(k) for k in range(len(self.theta))]
        return {
            "t": self.t,
            "lr": self.lr,
            "parameters": self.theta[:],
            "m": [m for m, _, _ in moments],
            "v": [v for _, v, _ in moments],
            "v_max": [s for _, _, s in moments] if self.amsgrad else [],
        }

    def load(self, state):
        self.t, self.lr, self.theta = state["t"], state["lr"], [p.clone() for p in state["parameters"]]
        m, v = ([x.clone() for x in state[name]] for name in ("m", "v"))
        s = [x.clone() for x in state["v_max"]] if self.amsgrad else v
        self.before = list(zip(m, v, s, strict=True))
        self.records = [[] for _ in self.theta]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Replayed(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if min(step - 1, warmup_steps, total_steps - warmup_steps) < 0:
        raise ValueError("no such step")
    rates = [base_lr * (k + 1) / warmup_steps for k in range(warmup_steps)]
    length = total_steps - warmup_steps
    rates += [
        min_lr + (base_lr - min_lr) * (0.5 + 0.5 * math.cos(math.pi * (k + 1) / length))
        for k in range(length)
    ]
    return rates[step - 1] if step <= total_steps else min_lr
