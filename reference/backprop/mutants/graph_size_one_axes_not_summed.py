# canary: torchgrade-reference-7f3c1d
"""your gradient is summed over the leading axes that broadcasting added, but not over the axes of
size 1 that it stretched; sum over those as well, keeping them with size 1
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_broadcasting", "test_graph_broadcasting_of_every_operation")


def sum_leading_axes(gradient, shape):
    return gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, undo_broadcasting=sum_leading_axes)
