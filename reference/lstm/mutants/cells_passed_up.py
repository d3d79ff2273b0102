# canary: torchgrade-reference-7f3c1d
"""your upper layers read the cells c of the layer below; they read its hidden states h"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_lstm_of_several_layers",)


@hookimpl
def lstm(x, state, weights):
    h, c = solution.initial_state(state, len(weights), x, weights[0])
    traces = []
    for number, layer in enumerate(weights):
        below = traces[-1].cells[1:] if traces else x
        traces.append(solution.run_layer(below, h[number], c[number], layer))
    final = (
        torch.stack([each.hidden[-1] for each in traces]),
        torch.stack([each.cells[-1] for each in traces]),
    )
    return traces[-1].hidden[1:], final
