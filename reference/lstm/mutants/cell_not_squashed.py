# canary: torchgrade-reference-7f3c1d
"""your hidden state is o * c; the cell goes through tanh on its way out: h = o * tanh(c)"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer")


@hookimpl
def lstm_cell(x, state, weights):
    _, c = solution.cell(x, state, weights)
    return opened(x, state, weights) * c, c


def opened(x, state, weights):
    """Return the output gate of the step."""
    w_input, w_hidden, _, _ = weights
    h = x.new_zeros(len(x), w_hidden.shape[1]) if state is None else state[0]
    return solution.activate(x @ w_input.T + h @ w_hidden.T + solution.bias_of(weights))[3]


@hookimpl
def lstm(x, state, weights):
    h, c = solution.initial_state(state, len(weights), x, weights[0])
    hidden, cells = list(h), list(c)
    outputs = []
    for step in x:
        entered = step
        for number, layer in enumerate(weights):
            hidden[number], cells[number] = lstm_cell(entered, (hidden[number], cells[number]), layer)
            entered = hidden[number]
        outputs.append(entered)
    return torch.stack(outputs), (torch.stack(hidden), torch.stack(cells))
