# canary: torchgrade-reference-7f3c1d
"""your epsilon reaches end one step too early: step 0 is the first, and end belongs to step
decay_steps itself
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    if step < 0 or decay_steps < 0:
        raise ValueError("no such step")
    return solution.epsilon(step + 1, start, end, decay_steps)
