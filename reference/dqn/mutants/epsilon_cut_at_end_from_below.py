# canary: torchgrade-reference-7f3c1d
"""your epsilon is wrong where end is larger than start: max(end, ...) suits a falling line alone; ask
whether step has reached decay_steps
"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return max(end, start - (start - end) * step / decay_steps) if decay_steps else end
