# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` takes a node that is listed before its input for an error; nodes may be
listed in any order, and only a value that depends on itself makes a cycle
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_in_any_order", "test_graph_of_5000_nodes")


def listed_order(graph, leaf_count, operations):
    for k, (_, inputs, *_) in enumerate(graph):
        if any(i >= leaf_count + k for i in inputs):
            raise ValueError("the graph has a cycle")
    return solution.topological_order(graph, leaf_count, operations)


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, schedule=listed_order)
