# canary: torchgrade-reference-7f3c1d
"""your epsilon goes on beyond decay_steps, below end and in the long run below 0: from there on it
stays at end
"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return start + (end - start) * step / decay_steps if decay_steps else end
