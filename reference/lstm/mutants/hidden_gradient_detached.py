# canary: torchgrade-reference-7f3c1d
"""your gradient of h ends at each step; h enters the gates of the next step, so what comes back from
there, `dgates @ w_hidden`, is added to `doutputs[t]`
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time",)


def layer_backward(doutputs, dh, dc, x, trace, layer):
    w_input, w_hidden, _, second = layer
    dgates = torch.empty_like(trace.gates)
    for t in reversed(range(len(x))):
        dgates[t], dc = solution.step_back(
            dh + doutputs[t], dc, trace.gates[t], trace.cells[t], trace.cells[t + 1]
        )
        dh = torch.zeros_like(dh)
    dbias = dgates.sum(dim=(0, 1))
    weights = solution.sum_steps(dgates, x), solution.sum_steps(dgates, trace.hidden[:-1]), dbias
    return dgates @ w_input, dgates[0] @ w_hidden, dc, (*weights, None if second is None else dbias)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return through(doutputs, dstate, x, state, weights, layer_backward)


def through(doutputs, dstate, x, state, weights, backward_of_layer):
    traces = solution.run(x, state, weights)
    dh, dc = (
        (torch.zeros_like(traces[0].hidden[:1]).repeat(len(weights), 1, 1),) * 2 if dstate is None else dstate
    )
    found = []
    for number in reversed(range(len(weights))):
        below = traces[number - 1].hidden[1:] if number else x
        found.insert(
            0, backward_of_layer(doutputs, dh[number], dc[number], below, traces[number], weights[number])
        )
        doutputs = found[0][0]
    dinitial = torch.stack([each[1] for each in found]), torch.stack([each[2] for each in found])
    return doutputs, dinitial, [each[3] for each in found]
