# canary: torchgrade-reference-7f3c1d
"""your schedule divides by 0 where there is no warm-up or no cosine; ask first whether the step
lies in that part
"""

import math

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    rising = base_lr * step / warmup_steps
    progress = (step - warmup_steps) / (total_steps - warmup_steps)
    falling = min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
    told = solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
    return min(told, max(rising, falling))
