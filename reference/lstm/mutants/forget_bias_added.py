# canary: torchgrade-reference-7f3c1d
"""you add 1 to the forget gate's bias; that is a way to initialise weights, not part of a step: use
the weights as they are given
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def opened(layer):
    """Return the layer with forget gates that are more open."""
    w_input, w_hidden, bias, second = layer
    size = len(bias) // 4
    bias = bias.clone()
    bias[size : 2 * size] += 1
    return w_input, w_hidden, bias, second


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, opened(weights))


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, state, [opened(layer) for layer in weights])


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, state, [opened(layer) for layer in weights])
