# canary: torchgrade-reference-7f3c1d
"""your gradient of `w_hidden` multiplies by the hidden state after each step; what enters the gates is
the one before it, and in the first step the initial one
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time")


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    traces = iter(reversed(solution.run(x, state, weights)))
    calls = []

    def total(dgates, entered):
        # Called for the biases, w_input and w_hidden of each layer, the last layer first.
        calls.append(None)
        if len(calls) % 3 == 0:
            entered = next(traces).hidden[1:]
        return solution.sum_steps(dgates, entered)

    return solution.backward(doutputs, dstate, x, state, weights, total=total)
