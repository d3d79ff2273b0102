# canary: torchgrade-reference-7f3c1d
"""your steps are taken for independent of each other: no gradient comes back from the next step,
neither by h nor by c; go through the steps from the last to the first and hand both on
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time",)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    traces = solution.run(x, state, weights)
    dfinal = (torch.zeros_like(doutputs[0]).expand(len(weights), -1, -1),) * 2 if dstate is None else dstate
    before, dweights = [], []
    for number in reversed(range(len(weights))):
        below = traces[number - 1].hidden[1:] if number else x
        parts = alone(doutputs, dfinal[0][number], dfinal[1][number], below, traces[number], weights[number])
        doutputs = parts[0]
        before.insert(0, parts[1])
        dweights.insert(0, parts[2])
    return doutputs, tuple(torch.stack(each) for each in zip(*before, strict=True)), dweights


def alone(doutputs, dh, dc, x, trace, layer):
    """Go back through each step by itself; the final state's gradient belongs to the last."""
    w_input, w_hidden, _, second = layer
    dgates, dcells = torch.empty_like(trace.gates), torch.zeros_like(trace.cells[1:])
    for t in range(len(x)):
        last = t == len(x) - 1
        dgates[t], dcells[t] = solution.step_back(
            doutputs[t] + (dh if last else 0),
            dc if last else torch.zeros_like(dc),
            trace.gates[t],
            trace.cells[t],
            trace.cells[t + 1],
        )
    dbias = dgates.sum(dim=(0, 1))
    dw = solution.sum_steps(dgates, x), solution.sum_steps(dgates, trace.hidden[:-1])
    dlayer = (*dw, dbias, None if second is None else dbias)
    return dgates @ w_input, (dgates[0] @ w_hidden, dcells[0]), dlayer
