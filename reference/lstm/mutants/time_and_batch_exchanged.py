# canary: torchgrade-reference-7f3c1d
"""you take the first axis of x for the batch and the second for time; x has shape (T, N, D): time
comes first
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_lstm_of_one_layer", "test_lstm_without_state", "test_backward_without_state")


def exchanged(x, state, weights):
    """Return x with the batch first; a state that then cannot fit is replaced by zeros."""
    if state is not None and state[0].shape[1] != len(x):
        state = None
    return x.transpose(0, 1), state, weights


@hookimpl
def lstm(x, state, weights):
    outputs, final = solution.forward(*exchanged(x, state, weights))
    return outputs.transpose(0, 1), final


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    if dstate is not None and dstate[0].shape[1] != len(x):
        dstate = None
    dx, dinitial, dweights = solution.backward(
        doutputs.transpose(0, 1), dstate, *exchanged(x, state, weights)
    )
    return dx.transpose(0, 1), dinitial, dweights
