# canary: torchgrade-reference-7f3c1d
"""your gradient has the shape of the output where the value was broadcast; it must be summed over
all axes along which the value was repeated, until it has the value's own shape
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_broadcasting", "test_graph_broadcasting_of_every_operation")


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, undo_broadcasting=lambda gradient, _: gradient)
