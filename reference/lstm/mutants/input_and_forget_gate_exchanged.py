# canary: torchgrade-reference-7f3c1d
"""your first block of rows acts as the forget gate and your second as the input gate; the order is i,
f, g, o: i multiplies the candidate, f the cell before
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def swap(block):
    """Exchange the first two blocks of rows."""
    if block is None:
        return None
    i, f, g, o = block.chunk(4)
    return torch.cat((f, i, g, o))


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
