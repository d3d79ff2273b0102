# canary: torchgrade-reference-7f3c1d
"""your backward pass goes through the nodes in reverse order of the list; a node may be listed
before its input, so go through them in reverse of the order in which you computed their values
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_in_any_order", "test_graph_of_5000_nodes")


@hookimpl
def backpropagate(graph, leaves, upstream):
    order = solution.topological_order(graph, len(leaves))
    values = solution.evaluate(graph, leaves, order)
    gradients = [None] * len(values)
    gradients[-1] = upstream
    for node in reversed(range(len(graph))):
        number = len(leaves) + node
        if gradients[number] is None:
            continue
        for i, share in solution.pass_back(graph[node], number, gradients[number], values):
            gradients[i] = share if gradients[i] is None else gradients[i] + share
    return solution.leaf_gradients(leaves, gradients)
