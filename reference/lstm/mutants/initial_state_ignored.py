# canary: torchgrade-reference-7f3c1d
"""you begin with zeros even where a state is given; only `state` None stands for zeros"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, None, weights)


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, None, weights)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return solution.backward(doutputs, dstate, x, None, weights)
