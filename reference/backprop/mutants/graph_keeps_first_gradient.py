# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` keeps only the first gradient that reaches a value; where several nodes use
it, or one node uses it twice, their gradients add up
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_several_consumers", "test_graph_of_5000_nodes")


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, add=lambda oldest, _: oldest)
