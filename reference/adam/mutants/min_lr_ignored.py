# canary: torchgrade-reference-7f3c1d
"""your schedule ends at 0; it ends at min_lr"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    return solution.schedule(step, base_lr, 0.0, warmup_steps, total_steps)
