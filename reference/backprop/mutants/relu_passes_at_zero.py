# canary: torchgrade-reference-7f3c1d
"""your ReLU lets the gradient pass where its input is exactly 0; the contract sets the derivative
there to 0, so the mask is `x > 0`, not `x >= 0`
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = ("test_relu_backward_at_zero", "test_graph_functions")


@hookimpl
def relu_backward(dout, x):
    return np.where(x >= 0.0, dout, 0.0)


RELU = solution.Operation(solution.OPERATIONS["relu"].forward, lambda g, a, *_: (relu_backward(g, a),))


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "relu": RELU}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
