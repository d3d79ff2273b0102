# canary: torchgrade-reference-7f3c1d
"""you add what comes from the next step into `doutputs`, which is the caller's; make a new tensor: `dh
= doutputs[t] + dh`
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_through_time", "test_backward_of_several_layers")


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    right = solution.backward(doutputs, dstate, x, state, weights)
    last = len(weights) - 1
    traces = solution.run(x, state, weights)
    dh, dc = (part[last] for part in dstate) if dstate is not None else (torch.zeros_like(doutputs[0]),) * 2
    for t in reversed(range(len(x))):
        doutputs[t] += dh
        dgates, dc = solution.step_back(
            doutputs[t], dc, traces[last].gates[t], traces[last].cells[t], traces[last].cells[t + 1]
        )
        dh = dgates @ weights[last][1]
    return right
