# canary: torchgrade-reference-7f3c1d
"""your gates come in the order i, f, o, g; the rows of the weights are i, f, g, o: the candidate,
which gets the tanh, is the third block
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def swap(block):
    """Exchange the last two blocks of rows."""
    if block is None:
        return None
    i, f, g, o = block.chunk(4)
    return torch.cat((i, f, o, g))


def swapped(layer):
    return tuple(swap(block) for block in layer)


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, swapped(weights))


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, state, [swapped(layer) for layer in weights])


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    dx, dinitial, dweights = solution.backward(
        doutputs, dstate, x, state, [swapped(layer) for layer in weights]
    )
    return dx, dinitial, [swapped(layer) for layer in dweights]
