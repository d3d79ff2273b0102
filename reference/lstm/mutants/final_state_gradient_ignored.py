# canary: torchgrade-reference-7f3c1d
"""you leave out `dstate`; the loss may depend on the final state too, so both of its parts are where
the way back begins
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_the_final_state",)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, None, x, state, weights)
