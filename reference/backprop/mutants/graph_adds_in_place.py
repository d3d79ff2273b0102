# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` adds to gradients in place, and one array serves several values; the
backward pass of add hands the same array to both inputs, so `+=` on one changes the other: make
a new sum instead
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_several_consumers", "test_graph_of_5000_nodes")


def add_in_place(total, share):
    if share.ndim == 0:
        return total + share
    total += share
    return total


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, add=add_in_place)
