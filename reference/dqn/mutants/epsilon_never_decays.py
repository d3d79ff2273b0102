# canary: torchgrade-reference-7f3c1d
"""your epsilon stays at start: it must come down to end over decay_steps"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return start if decay_steps else end
