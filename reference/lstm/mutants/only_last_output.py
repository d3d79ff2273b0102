# canary: torchgrade-reference-7f3c1d
"""you return the hidden state after the last step alone; `outputs` holds those of all steps, shape (T,
N, H)
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_lstm_of_one_layer", "test_lstm_of_several_layers", "test_lstm_without_state")


@hookimpl
def lstm(x, state, weights):
    outputs, final = solution.forward(x, state, weights)
    return outputs[-1], final
