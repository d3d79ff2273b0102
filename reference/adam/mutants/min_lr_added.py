# canary: torchgrade-reference-7f3c1d
"""your min_lr is added to a cosine of full height, so that it begins at base_lr + min_lr"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if 0 <= warmup_steps < step:
        return min_lr + solution.schedule(step, base_lr, 0.0, warmup_steps, total_steps)
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
