# canary: torchgrade-reference-7f3c1d
"""your rate falls in a straight line; it follows half a period of a cosine"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if 0 <= warmup_steps < step <= total_steps:
        return base_lr - (base_lr - min_lr) * (step - warmup_steps) / (total_steps - warmup_steps)
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
