# canary: torchgrade-reference-7f3c1d
"""your cosine runs over all steps; it begins after the warm-up and has total_steps - warmup_steps
steps
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if 0 <= warmup_steps < step <= total_steps:
        return solution.schedule(step, base_lr, min_lr, 0, total_steps)
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
