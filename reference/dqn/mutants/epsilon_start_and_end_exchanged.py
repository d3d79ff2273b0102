# canary: torchgrade-reference-7f3c1d
"""your epsilon goes from end to start: in step 0 it is start"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_epsilon",)


@hookimpl
def epsilon(step, start, end, decay_steps):
    return solution.epsilon(step, end, start, decay_steps)
