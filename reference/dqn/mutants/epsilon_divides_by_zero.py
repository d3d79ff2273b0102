# canary: torchgrade-reference-7f3c1d
"""your epsilon divides by decay_steps where that is 0: without a decay it is end from the first step
on
"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return start + (end - start) * min(step / decay_steps, 1.0)
