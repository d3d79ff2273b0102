# canary: torchgrade-reference-7f3c1d
"""you compute in float32 where the tensors are float64; new tensors take the arguments' dtype:
`torch.zeros(…, dtype=x.dtype)` or `x.new_zeros(…)`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_cell", "test_lstm_of_one_layer", "test_backward_of_one_step")


def narrow(value):
    """Return it with all of its tensors in float32."""
    if isinstance(value, list | tuple):
        return type(value)(narrow(each) for each in value)
    return None if value is None else value.float()


def widened(value, dtype):
    if isinstance(value, list | tuple):
        return type(value)(widened(each, dtype) for each in value)
    return None if value is None else value.to(dtype)


@hookimpl
def lstm_cell(x, state, weights):
    return widened(solution.cell(*narrow((x, state, weights))), x.dtype)


@hookimpl
def lstm(x, state, weights):
    return widened(solution.forward(*narrow((x, state, weights))), x.dtype)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    return widened(solution.backward(*narrow((doutputs, dstate, x, state, weights))), x.dtype)
