"""Dorota Wrona. I keep all gradients and compute the averages from their definition"""
import math

import torch
from torchgrade import hookimpl


class Adam:
    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        if not (lr >= 0 and eps > 0 and weight_decay >= 0 and 0 <= betas[0] < 1 and 0 <= betas[1] < 1):
            raise ValueError("settings")
        self.theta = [p.clone() for p in params]
        self.lr, self.betas, self.eps = lr, betas, eps
        self.weight_decay, self.decoupled, self.amsgrad = weight_decay, decoupled, amsgrad
        self.t = 0
        zeros = [torch.zeros_like(p, dtype=torch.float32 if p.dtype == torch.bfloat16 else p.dtype) for p in params]
        self.first = [(z, z, z) for z in zeros]
        self.history = [[] for _ in params]

    def moments(self, k):
        b1, b2 = self.betas
        m, v, top = self.first[k]
        for g in self.history[k]:
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g * g
            top = torch.maximum(top, v)
        return m, v, top

    def step(self, gradients):
        if len(gradients) != len(self.theta):
            raise ValueError("number of gradients")
        for p, g in zip(self.theta, gradients):
            if g is not None and g.shape != p.shape:
                raise ValueError("shape of a gradient")
        self.t += 1
        for k, g in enumerate(gradients):
            if g is None:
                continue
            kind = self.first[k][0].dtype
            p = self.theta[k].to(kind)
            g = g.to(kind).clone()
            if not self.decoupled:
                g = g + self.weight_decay * p
            self.history[k].append(g)
            m, v, top = self.moments(k)
            s = top if self.amsgrad else v
            new = p - self.lr * (m / (1 - self.betas[0] ** self.t)) / (torch.sqrt(s / (1 - self.betas[1] ** self.t)) + self.eps)
            if self.decoupled:
                new = new - self.lr * self.weight_decay * p
            self.theta[k] = new.to(self.theta[k].dtype)

    def parameters(self):
        return self.theta

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("lr")
        self.lr = lr

    def state(self):
        found = [self.moments(k) for k in range(len(self.theta))]
        return {
            "t": self.t,
            "lr": self.lr,
            "parameters": list(self.theta),
            "m": [m for m, _, _ in found],
            "v": [v for _, v, _ in found],
            "v_max": [top for _, _, top in found] if self.amsgrad else [],
        }

    def load(self, state):
        self.t, self.lr, self.theta = state["t"], state["lr"], list(state["parameters"])
        tops = state["v_max"] if self.amsgrad else state["v"]
        self.first = list(zip(state["m"], state["v"], tops))
        self.history = [[] for _ in self.theta]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1 or warmup_steps < 0 or total_steps < warmup_steps:
        raise ValueError("step")
    if step <= warmup_steps:
        return base_lr * step / warmup_steps
    if step > total_steps:
        return min_lr
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * (step - warmup_steps) / (total_steps - warmup_steps)) ** 2
