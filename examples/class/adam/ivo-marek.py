"""Ivo Marek: the optimiser is a module, like in the old days"""
import math

import torch
from torchgrade import hookimpl


MEMORY = {}


class Adam:
    def __init__(self, params, lr, betas, eps, wd, decoupled, amsgrad):
        b1, b2 = betas
        if lr < 0 or eps <= 0 or wd < 0 or not 0 <= b1 < 1 or not 0 <= b2 < 1:
            raise ValueError("check your settings")
        self.lr, self.b1, self.b2, self.eps = lr, b1, b2, eps
        self.wd, self.decoupled, self.amsgrad = wd, decoupled, amsgrad
        self.t = 0
        self.p = [p.clone() for p in params]
        MEMORY["m"] = [torch.zeros_like(p, dtype=self.kind(p)) for p in self.p]
        MEMORY["v"] = [torch.zeros_like(p, dtype=self.kind(p)) for p in self.p]
        self.top = [torch.zeros_like(v) for v in MEMORY["v"]] if amsgrad else []

    @staticmethod
    def kind(p):
        return torch.float32 if p.dtype == torch.bfloat16 else p.dtype

    def step(self, grads):
        if len(grads) != len(self.p):
            raise ValueError("one gradient per parameter please")
        for p, g in zip(self.p, grads):
            if g is not None and g.shape != p.shape:
                raise ValueError("gradient has the wrong shape")
        self.t += 1
        for i, g in enumerate(grads):
            if g is None:
                continue
            p, m, v = self.p[i].to(self.kind(self.p[i])), MEMORY["m"][i], MEMORY["v"][i]
            g = g.to(m.dtype)
            if self.wd and not self.decoupled:
                g = g + self.wd * p
            m.mul_(self.b1).add_(g, alpha=1 - self.b1)
            v.mul_(self.b2).addcmul_(g, g, value=1 - self.b2)
            if self.amsgrad:
                self.top[i] = torch.maximum(self.top[i], v)
                v = self.top[i]
            m_hat = m / (1 - self.b1**self.t)
            v_hat = v / (1 - self.b2**self.t)
            new = p - self.lr * m_hat / (v_hat.sqrt() + self.eps)
            if self.decoupled:
                new -= self.lr * self.wd * p
            self.p[i] = new.to(self.p[i].dtype)

    def parameters(self):
        return self.p

    def set_lr(self, lr):
        if lr < 0:
            raise ValueError("negative learning rate")
        self.lr = lr

    def state(self):
        copy = lambda ts: [t.clone() for t in ts]
        return {"t": self.t, "lr": self.lr, "parameters": copy(self.p), "m": copy(MEMORY["m"]), "v": copy(MEMORY["v"]), "v_max": copy(self.top)}

    def load(self, s):
        copy = lambda ts: [t.clone() for t in ts]
        self.t, self.lr = s["t"], s["lr"]
        self.p, self.top = copy(s["parameters"]), copy(s["v_max"])
        MEMORY["m"], MEMORY["v"] = copy(s["m"]), copy(s["v"])


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1 or warmup_steps < 0 or total_steps < warmup_steps:
        raise ValueError("no such step")
    if step <= warmup_steps:
        return base_lr * step / warmup_steps
    if step >= total_steps:
        return min_lr
    x = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + 0.5 * (base_lr - min_lr) * (1 + math.cos(math.pi * x))
