# canary: torchgrade-reference-7f3c1d
"""your epsilon falls exponentially; the contract has a straight line"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return start * (end / start) ** (step / decay_steps) if step < decay_steps else end
