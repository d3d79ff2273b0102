# canary: torchgrade-reference-7f3c1d
"""you go on with the state of an earlier call; nothing is kept between calls, and `state` None stands
for zeros each time
"""

from typing import Any

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell_without_state", "test_lstm_without_state")


class Kept:
    """The state after the last call of each function."""

    cell: Any = None
    layers: Any = None


def fits(state, shape):
    return state is not None and tuple(state[0].shape) == shape


@hookimpl
def lstm_cell(x, state, weights):
    if state is None and fits(Kept.cell, (len(x), weights[1].shape[1])):
        state = Kept.cell
    Kept.cell = solution.cell(x, state, weights)
    return Kept.cell


@hookimpl
def lstm(x, state, weights):
    if state is None and fits(Kept.layers, (len(weights), x.shape[1], weights[0][1].shape[1])):
        state = Kept.layers
    outputs, Kept.layers = solution.forward(x, state, weights)
    return outputs, Kept.layers
