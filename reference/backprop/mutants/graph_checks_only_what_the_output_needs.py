# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` finds cycles and unknown operations only where the output depends on them;
the contract wants a ValueError for them anywhere in the graph
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_errors",)


def order_of_the_output(graph, leaf_count, operations):
    needed, stack = set(), [len(graph) - 1]
    while stack:
        node = stack.pop()
        if node not in needed:
            needed.add(node)
            stack.extend(i - leaf_count for i in graph[node][1] if leaf_count <= i < leaf_count + len(graph))
    empty = ("add", ())
    pruned = [node if k in needed else empty for k, node in enumerate(graph)]
    order = solution.topological_order(pruned, leaf_count, operations)
    return [k for k in order if k in needed]


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, schedule=order_of_the_output)
