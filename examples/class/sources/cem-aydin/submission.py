"""Cem Aydin, exercise 5: see flat.py"""
from math import cos, pi

from flat import FlatAdam
from torchgrade import hookimpl


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    return FlatAdam(params, lr, betas, eps, weight_decay, decoupled, amsgrad)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1 or not 0 <= warmup_steps <= total_steps:
        raise ValueError("steps: 1 <= step, 0 <= warm-up <= total")
    if step <= warmup_steps:
        return base_lr * (step / warmup_steps)
    if step > total_steps:
        return min_lr
    return (base_lr + min_lr + (base_lr - min_lr) * cos(pi * (step - warmup_steps) / (total_steps - warmup_steps))) / 2
