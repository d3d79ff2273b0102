# canary: torchgrade-reference-7f3c1d
"""your cosine goes down and up again; the schedule has half a period, from 1 to -1"""

import math

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if 0 <= warmup_steps < step <= total_steps:
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        return min_lr + (base_lr - min_lr) * (1 + math.cos(2 * math.pi * progress)) / 2
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
