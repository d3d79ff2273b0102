# canary: torchgrade-reference-7f3c1d
"""your schedule answers where the numbers of steps make no sense; the contract wants a ValueError"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule_errors",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if step < 1 or warmup_steps < 0 or total_steps < warmup_steps:
        return min_lr
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
