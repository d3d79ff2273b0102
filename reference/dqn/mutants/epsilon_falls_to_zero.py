# canary: torchgrade-reference-7f3c1d
"""your epsilon falls towards 0 and is cut at end: the straight line goes from start to end itself"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return max(end, start * (1 - step / decay_steps)) if step < decay_steps else end
