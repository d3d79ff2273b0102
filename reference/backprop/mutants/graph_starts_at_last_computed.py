# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` takes the value that is computed last for the output; the output is the
last node of the list, and a node that uses it may well be computed after it
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_in_any_order",)


@hookimpl
def backpropagate(graph, leaves, upstream):
    order = solution.topological_order(graph, len(leaves))
    values = solution.evaluate(graph, leaves, order)
    gradients = [None] * len(values)
    gradients[len(leaves) + order[-1]] = upstream
    for node in reversed(order):
        number = len(leaves) + node
        if gradients[number] is None:
            continue
        for i, share in solution.pass_back(graph[node], number, gradients[number], values):
            gradients[i] = share if gradients[i] is None else gradients[i] + share
    return solution.leaf_gradients(leaves, gradients)
