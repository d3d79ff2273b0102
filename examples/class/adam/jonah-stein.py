"""Jonah Stein. Wrapping is also programming"""
import math

import torch
from torchgrade import hookimpl


class Wrapped:
    def __init__(self, params, lr, betas, eps, weight_decay, decoupled, amsgrad):
        self.p = [torch.nn.Parameter(p.clone()) for p in params]
        kind = torch.optim.AdamW if decoupled else torch.optim.Adam
        self.optimiser = kind(self.p, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)

    def step(self, grads):
        for p, g in zip(self.p, grads):
            p.grad = g
        self.optimiser.step()

    def parameters(self):
        return [p.detach() for p in self.p]


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return Wrapped(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


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
