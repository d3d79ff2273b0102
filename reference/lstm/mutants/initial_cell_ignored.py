# canary: torchgrade-reference-7f3c1d
"""you begin with a cell of zeros even where a state is given; the state is a pair, and both of its
parts count
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def emptied(state):
    return None if state is None else (state[0], torch.zeros_like(state[1]))


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, emptied(state), weights)


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, emptied(state), weights)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, emptied(state), weights)
