# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` starts from ones instead of `upstream`; the output is not the loss, and
`upstream` is the gradient of the loss with respect to it
"""

import numpy as np
import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_graph_arithmetic",
    "test_graph_functions",
    "test_graph_pow",
    "test_graph_matmul_sum_reshape",
    "test_graph_broadcasting",
    "test_graph_broadcasting_of_every_operation",
    "test_graph_several_consumers",
    "test_graph_of_5000_nodes",
    "test_graph_in_any_order",
    "test_graph_errors",
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, np.ones_like(upstream))
