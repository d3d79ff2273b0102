# canary: torchgrade-reference-7f3c1d
"""you leave out `bias_hidden`; where a layer has one it is added to the gates like `bias`, and its
gradient is the same as that of `bias`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def without(layer):
    return (*layer[:3], None)


@hookimpl
def lstm_cell(x, state, weights):
    return solution.cell(x, state, without(weights))


@hookimpl
def lstm(x, state, weights):
    return solution.forward(x, state, [without(layer) for layer in weights])


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    dx, dinitial, dweights = solution.backward(
        doutputs, dstate, x, state, [without(layer) for layer in weights]
    )
    pairs = zip(dweights, weights, strict=True)
    return (
        dx,
        dinitial,
        [
            (*dlayer[:3], None if layer[3] is None else layer[3].new_zeros(layer[3].shape))
            for dlayer, layer in pairs
        ],
    )
