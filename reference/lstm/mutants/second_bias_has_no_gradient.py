# canary: torchgrade-reference-7f3c1d
"""the gradient of your `bias_hidden` is zero or missing; it is added to the gates like `bias`, so its
gradient is the same
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = ("test_backward_of_one_step", "test_backward_through_time", "test_backward_of_several_layers")


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    dx, dinitial, dweights = solution.backward(doutputs, dstate, x, state, weights)
    return (
        dx,
        dinitial,
        [(*each[:3], None if each[3] is None else torch.zeros_like(each[3])) for each in dweights],
    )
