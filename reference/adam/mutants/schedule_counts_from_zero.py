# canary: torchgrade-reference-7f3c1d
"""your warm-up is one step late: step 1 is the first and has base_lr / warmup_steps, and step
warmup_steps has base_lr
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_schedule",)


@hookimpl
def schedule(step, base_lr, min_lr, warmup_steps, total_steps):
    if 1 <= step <= warmup_steps <= total_steps:
        return base_lr * (step - 1) / warmup_steps
    return solution.schedule(step, base_lr, min_lr, warmup_steps, total_steps)
