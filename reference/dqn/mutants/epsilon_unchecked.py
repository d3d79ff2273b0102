# canary: torchgrade-reference-7f3c1d
"""your epsilon accepts numbers of steps below 0; the contract wants a ValueError"""

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon_errors",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    return end if step >= decay_steps else start + (end - start) * step / decay_steps
