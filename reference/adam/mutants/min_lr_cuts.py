# canary: torchgrade-reference-7f3c1d
"""your cosine goes down to 0 and is cut off at min_lr; it goes from base_lr to min_lr in one curve"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    return max(min_lr, solution.schedule(step, base_lr, 0.0, warmup_steps, total_steps))
