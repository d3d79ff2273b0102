# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` takes a negative value number for an index from the end, as Python lists
do; there is no value with a negative number, so raise ValueError
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_errors",)


def order_from_either_end(graph, leaf_count, operations):
    count = leaf_count + len(graph)
    folded = [
        (node[0], tuple(i + count if -count <= i < 0 else i for i in node[1]), *node[2:]) for node in graph
    ]
    return solution.topological_order(folded, leaf_count, operations)


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, schedule=order_from_either_end)
