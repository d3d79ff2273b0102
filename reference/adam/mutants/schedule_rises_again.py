# canary: torchgrade-reference-7f3c1d
"""your cosine goes up again after the last step; from there on the rate stays at min_lr"""

import math

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if 0 <= warmup_steps < total_steps < step:
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
