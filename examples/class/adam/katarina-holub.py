"""Katarina Holub: schedule done, Adam on the weekend"""
import math

from torchgrade import hookimpl


@hookimpl
def adam(params, lr, betas, eps, weight_decay, decoupled, amsgrad):
    raise NotImplementedError


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
