# canary: torchgrade-reference-7f3c1d
"""your final state is that of the last layer alone; it has one entry for each layer, shape (L, N, H)"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_lstm_of_several_layers", "test_lstm_without_state")


@hookimpl
def lstm(x, state, weights):
    outputs, (h, c) = solution.forward(x, state, weights)
    return outputs, (h[-1:], c[-1:])
